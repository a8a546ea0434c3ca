namespace OAuthClient;

/// <summary>The registered names of the methods of client authentication (RFC 7591 §2, RFC 8705 §2).</summary>
internal static class ClientAuthenticationNames
{
    private const string Basic = "client_secret_basic";
    private const string Body = "client_secret_post";
    private const string None = "none";
    private const string Certificate = "tls_client_auth";
    private const string SelfSignedCertificate = "self_signed_tls_client_auth";

    /// <summary>Chooses the method to register: the configured one, or the best one that the server supports.</summary>
    /// <exception cref="OAuthException">The server supports no method of this client.</exception>
    public static string Choose(ClientAuthenticationMethod? stated, ClientConfiguration current, AuthorizationServerMetadata server)
    {
        string[] wanted = stated switch
        {
            ClientAuthenticationMethod.ClientSecretBasic => [Basic],
            ClientAuthenticationMethod.ClientSecretPost => [Body],
            ClientAuthenticationMethod.None => [None],
            ClientAuthenticationMethod.TlsClientAuth => [Certificate, SelfSignedCertificate],
            _ => [.. current.HasClientCertificate ? [Certificate, SelfSignedCertificate] : Enumerable.Empty<string>(), Basic, Body, None],
        };
        // RFC 8414 §2: if the member is absent, the server supports client_secret_basic.
        var offered = server.TokenEndpointAuthenticationMethods ?? [Basic];
        return wanted.FirstOrDefault(name => offered.Contains(name, StringComparer.Ordinal))
            // A configured method is used even if the metadata do not list it.
            ?? (
                stated is not null
                    ? wanted[0]
                    : throw new OAuthException(
                        $"{server.ServerId} authenticates clients by {ServerTextSanitizer.Clean(string.Join(", ", offered))}, and "
                            + $"{current.DisplayName} supports none of them. If it has a certificate, set it with UseClientCertificate."
                    )
            );
    }

    /// <summary>Returns the name of an unsupported method for a message, without arbitrary text of the server.</summary>
    public static string Printable(string name) =>
        name is "private_key_jwt" or "client_secret_jwt" ? name : "another token_endpoint_auth_method";

    /// <summary>Returns the registered name of a method.</summary>
    public static string Of(ClientAuthenticationMethod method) =>
        method switch
        {
            ClientAuthenticationMethod.ClientSecretPost => Body,
            ClientAuthenticationMethod.None => None,
            ClientAuthenticationMethod.TlsClientAuth => Certificate,
            _ => Basic,
        };

    /// <summary>Returns the method of a name; <see langword="null"/> if it is not supported.</summary>
    public static ClientAuthenticationMethod? Find(string name) =>
        name switch
        {
            Basic => ClientAuthenticationMethod.ClientSecretBasic,
            Body => ClientAuthenticationMethod.ClientSecretPost,
            None => ClientAuthenticationMethod.None,
            Certificate or SelfSignedCertificate => ClientAuthenticationMethod.TlsClientAuth,
            _ => null,
        };
}
