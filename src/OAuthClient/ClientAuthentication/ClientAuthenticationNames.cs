namespace OAuthClient;

/// <summary>What the ways to authenticate are called on the wire (RFC 7591 §2, RFC 8705 §2).</summary>
internal static class ClientAuthenticationNames
{
    private const string Basic = "client_secret_basic";
    private const string Body = "client_secret_post";
    private const string None = "none";
    private const string Certificate = "tls_client_auth";
    private const string SelfSignedCertificate = "self_signed_tls_client_auth";

    /// <summary>Which one to register for: the stated one, or else the best that the server offers.</summary>
    /// <exception cref="OAuthException">The server offers none that this client has.</exception>
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
        // RFC 8414 §2: when the member is absent, client_secret_basic is what the server has.
        var offered = server.TokenEndpointAuthenticationMethods ?? [Basic];
        return wanted.FirstOrDefault(name => offered.Contains(name, StringComparer.Ordinal))
            // The developer may know more than the metadata.
            ?? (
                stated is not null
                    ? wanted[0]
                    : throw new OAuthException(
                        $"{server.ServerId} takes clients by {ServerTextSanitizer.Clean(string.Join(", ", offered))}, and {current.DisplayName} has none of them. Where it is one by certificate, give that by UseClientCertificate."
                    )
            );
    }

    /// <summary>A name for a message; not whatever a server may put in its place.</summary>
    public static string Printable(string name) =>
        name is "private_key_jwt" or "client_secret_jwt" ? name : "another token_endpoint_auth_method";

    public static string Of(ClientAuthenticationMethod method) =>
        method switch
        {
            ClientAuthenticationMethod.ClientSecretPost => Body,
            ClientAuthenticationMethod.None => None,
            ClientAuthenticationMethod.TlsClientAuth => Certificate,
            _ => Basic,
        };

    /// <summary>The way of that name; <see langword="null"/> for one that this library does not have.</summary>
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
