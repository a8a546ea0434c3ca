namespace OAuthClient;

/// <summary>The one table of the methods of client authentication, and the choice among them. To add a method, add its entry.</summary>
internal static class ClientAuthenticationMethods
{
    // In the order of preference.
    private static readonly ClientAuthenticationEntry[] All =
    [
        new(
            ClientAuthenticationMethod.TlsClientAuth,
            ["tls_client_auth", "self_signed_tls_client_auth"],
            c => new ClientIdInBody(
                c,
                ": check ClientId. Check that the certificate of UseClientCertificate is the one that the server has registered for the "
                    + "client (RFC 8705 §2), that it has not expired, and that the server requests a certificate at this address."
            ),
            c => c.HasClientCertificate ? null : "it has no certificate; set one with UseClientCertificate"
        ),
        new(
            ClientAuthenticationMethod.PrivateKeyJwt,
            ["private_key_jwt"],
            c => new PrivateKeyJwt(c),
            c => c.ClientAssertion.CanSign ? null : "it has no key; set ClientAssertion.PrivateKey, or call UseClientSigner"
        ),
        new(ClientAuthenticationMethod.ClientSecretBasic, ["client_secret_basic"], c => new ClientSecretBasic(c), NeedsSecret: true),
        new(ClientAuthenticationMethod.ClientSecretPost, ["client_secret_post"], c => new ClientSecretPost(c), NeedsSecret: true),
        new(ClientAuthenticationMethod.ClientSecretJwt, ["client_secret_jwt"], c => new ClientSecretJwt(c), NeedsSecret: true),
        new(
            ClientAuthenticationMethod.None,
            ["none"],
            c => c.Adaptation.UsesBasicForPublicClient ? new ClientSecretBasic(c) : new ClientIdInBody(c, PublicClientAdvice)
        ),
    ];

    private const string PublicClientAdvice =
        ": ClientSecret is not set, so the request was sent as that of a public client; set it if the server issued one, and check "
        + "ClientId.";

    /// <summary>Chooses the method of a request: the configured one, or the best one that client and server support.</summary>
    /// <exception cref="OAuthException">The client was registered for a method that its profile forbids.</exception>
    public static ClientAuthenticationEntry Choose(ClientConfiguration configuration, AuthorizationServerMetadata server)
    {
        var usable = All.Where(entry => entry.IsUsableBy(configuration)).ToList();
        // Without a choice, the metadata are not read: they may be malformed.
        return usable.Count == 0 ? throw Forbidden(configuration)
            : usable.Count == 1 ? usable[0]
            : usable.FirstOrDefault(entry => entry.Names.Any(name => IsOffered(server, name))) ?? usable[0];
    }

    /// <summary>Chooses the name of the method to register: of the configured one, or of the best one that the server supports.</summary>
    /// <exception cref="OAuthException">The server supports no method of this client.</exception>
    public static string ChooseToRegister(
        ClientAuthenticationMethod? stated,
        ClientConfiguration current,
        AuthorizationServerMetadata server
    )
    {
        var wanted = stated is { } method
            ? Of(method).Names
            : All.Where(entry => entry.IsAllowedFor(current) && entry.FindObstacle(current) is null).SelectMany(e => e.Names);
        return wanted.FirstOrDefault(name => IsOffered(server, name))
            // A configured method is used even if the metadata do not list it.
            ?? (
                stated is not null
                    ? wanted.First()
                    : throw new OAuthException(
                        $"{server.ServerId} authenticates clients by "
                            + $"{ServerTextSanitizer.Clean(string.Join(", ", server.TokenEndpointAuthenticationMethods ?? []))}, and "
                            + $"{current.DisplayName} supports none of them. If it has a certificate, set it with UseClientCertificate."
                    )
            );
    }

    /// <summary>Returns the entry of a method.</summary>
    public static ClientAuthenticationEntry Of(ClientAuthenticationMethod method) => All.Single(entry => entry.Method == method);

    /// <summary>Returns the entry of a registered name; <see langword="null"/> if the method is not supported.</summary>
    public static ClientAuthenticationEntry? Find(string name) => All.FirstOrDefault(entry => entry.Names.Contains(name));

    /// <summary>Returns the name of an unsupported method for a message, without arbitrary text of the server.</summary>
    public static string Printable(string name) =>
        name is "private_key_jwt" or "client_secret_jwt" ? name : "another token_endpoint_auth_method";

    // The options are validated at start, so only a registration has another method.
    private static OAuthException Forbidden(ClientConfiguration configuration) =>
        new(
            $"{configuration.DisplayName} is registered for {configuration.ClientAuthentication}, and FAPI 2.0 Security Profile §5.3.3.1 "
                + "allows PrivateKeyJwt and TlsClientAuth; register the client anew, or remove Fapi2."
        );

    // RFC 8414 §2: if the member is absent, the server supports client_secret_basic.
    private static bool IsOffered(AuthorizationServerMetadata server, string name) =>
        (server.TokenEndpointAuthenticationMethods ?? ["client_secret_basic"]).Contains(name);
}
