namespace OAuthClient;

/// <summary>
/// An endpoint of the authorization server. To add one: its option in <see cref="OAuthClientOptions"/> and its entry here. Reading the
/// metadata, merging the options, and validating both go through <see cref="All"/>.
/// </summary>
internal sealed class ServerEndpoint
{
    private static readonly List<ServerEndpoint> Entries = [];

    public static readonly ServerEndpoint Authorization = new(
        "authorization endpoint",
        "authorization_endpoint",
        nameof(OAuthClientOptions.AuthorizationEndpoint),
        o => o.AuthorizationEndpoint,
        hasCertificateAlias: false
    );

    public static readonly ServerEndpoint Token = new(
        "token endpoint",
        "token_endpoint",
        nameof(OAuthClientOptions.TokenEndpoint),
        o => o.TokenEndpoint
    );

    public static readonly ServerEndpoint Revocation = new(
        "revocation endpoint",
        "revocation_endpoint",
        nameof(OAuthClientOptions.RevocationEndpoint),
        o => o.RevocationEndpoint
    );

    public static readonly ServerEndpoint Introspection = new(
        "introspection endpoint",
        "introspection_endpoint",
        nameof(OAuthClientOptions.IntrospectionEndpoint),
        o => o.IntrospectionEndpoint
    );

    public static readonly ServerEndpoint Registration = new(
        "registration endpoint",
        "registration_endpoint",
        nameof(OAuthClientOptions.RegistrationEndpoint),
        o => o.RegistrationEndpoint
    );

    public static readonly ServerEndpoint UserInfo = new(
        "userinfo endpoint",
        "userinfo_endpoint",
        nameof(OAuthClientOptions.UserInfoEndpoint),
        o => o.UserInfoEndpoint
    );

    public static readonly ServerEndpoint Keys = new(
        "key set endpoint",
        "jwks_uri",
        nameof(OAuthClientOptions.JwksUri),
        o => o.JwksUri,
        hasCertificateAlias: false
    );

    public static readonly ServerEndpoint EndSession = new(
        "end session endpoint",
        "end_session_endpoint",
        nameof(OAuthClientOptions.EndSessionEndpoint),
        o => o.EndSessionEndpoint,
        hasCertificateAlias: false
    );

    private readonly Func<OAuthClientOptions, Uri?> configured;

    private ServerEndpoint(
        string name,
        string metadataName,
        string optionName,
        Func<OAuthClientOptions, Uri?> configured,
        bool hasCertificateAlias = true
    )
    {
        (Name, MetadataName, OptionName, HasCertificateAlias) = (name, metadataName, optionName, hasCertificateAlias);
        this.configured = configured;
        Entries.Add(this);
    }

    public static IReadOnlyList<ServerEndpoint> All => Entries;

    /// <summary>Gets the name in messages.</summary>
    public string Name { get; }

    /// <summary>Gets the member of the server's metadata.</summary>
    public string MetadataName { get; }

    /// <summary>Gets the option that overrides the discovered address.</summary>
    public string OptionName { get; }

    /// <summary>
    /// Gets whether <c>mtls_endpoint_aliases</c> may replace the address for a client with a certificate (RFC 8705 §5). Browsers do not
    /// use the aliases.
    /// </summary>
    public bool HasCertificateAlias { get; }

    /// <summary>Gets the address that the options set.</summary>
    public Uri? ConfiguredIn(OAuthClientOptions options) => configured(options);

    /// <summary>Determines whether an address is safe for an endpoint: https, without fragment and user (RFC 6749 §3.1).</summary>
    public static bool IsSafe(Uri address, bool allowHttpOnLoopback) =>
        EndpointSecurity.IsSafe(address, allowHttpOnLoopback) && address.Fragment.Length + address.UserInfo.Length == 0;
}
