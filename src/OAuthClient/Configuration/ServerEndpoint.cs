namespace OAuthClient;

/// <summary>
/// An endpoint of the authorization server. To add one: its option in <see cref="OAuthClientOptions"/>, and its entry here. The metadata,
/// the options that override them, and the validation of both are read through <see cref="All"/>.
/// </summary>
/// <param name="MetadataName">The member of the server's metadata (RFC 8414 §2).</param>
/// <param name="OptionName">The name of the option.</param>
/// <param name="ConfiguredIn">Returns the address that the options set.</param>
/// <param name="HasCertificateAlias">
/// Whether <c>mtls_endpoint_aliases</c> may replace the address for a client with a certificate (RFC 8705 §5). A browser has none.
/// </param>
internal sealed record ServerEndpoint(
    string MetadataName,
    string OptionName,
    Func<OAuthClientOptions, Uri?> ConfiguredIn,
    bool HasCertificateAlias = true
)
{
    public static readonly ServerEndpoint Authorization = new(
        "authorization_endpoint",
        nameof(OAuthClientOptions.AuthorizationEndpoint),
        o => o.AuthorizationEndpoint,
        HasCertificateAlias: false
    );
    public static readonly ServerEndpoint Token = new("token_endpoint", nameof(OAuthClientOptions.TokenEndpoint), o => o.TokenEndpoint);
    public static readonly ServerEndpoint PushedAuthorization = new(
        "pushed_authorization_request_endpoint",
        nameof(OAuthClientOptions.PushedAuthorizationRequestEndpoint),
        o => o.PushedAuthorizationRequestEndpoint
    );
    public static readonly ServerEndpoint DeviceAuthorization = new(
        "device_authorization_endpoint",
        nameof(OAuthClientOptions.DeviceAuthorizationEndpoint),
        o => o.DeviceAuthorizationEndpoint
    );
    public static readonly ServerEndpoint Revocation = new(
        "revocation_endpoint",
        nameof(OAuthClientOptions.RevocationEndpoint),
        o => o.RevocationEndpoint
    );
    public static readonly ServerEndpoint Introspection = new(
        "introspection_endpoint",
        nameof(OAuthClientOptions.IntrospectionEndpoint),
        o => o.IntrospectionEndpoint
    );
    public static readonly ServerEndpoint Registration = new(
        "registration_endpoint",
        nameof(OAuthClientOptions.RegistrationEndpoint),
        o => o.RegistrationEndpoint
    );
    public static readonly ServerEndpoint UserInfo = new(
        "userinfo_endpoint",
        nameof(OAuthClientOptions.UserInfoEndpoint),
        o => o.UserInfoEndpoint
    );
    public static readonly ServerEndpoint Keys = new(
        "jwks_uri",
        nameof(OAuthClientOptions.JwksUri),
        o => o.JwksUri,
        HasCertificateAlias: false
    );
    public static readonly ServerEndpoint EndSession = new(
        "end_session_endpoint",
        nameof(OAuthClientOptions.EndSessionEndpoint),
        o => o.EndSessionEndpoint,
        HasCertificateAlias: false
    );

    public static readonly IReadOnlyList<ServerEndpoint> All =
    [
        Authorization,
        Token,
        PushedAuthorization,
        DeviceAuthorization,
        Revocation,
        Introspection,
        Registration,
        UserInfo,
        Keys,
        EndSession,
    ];

    /// <summary>Gets the name in messages.</summary>
    public string Name { get; } = MetadataName.Replace('_', ' ');

    /// <summary>Determines whether an address is safe for an endpoint: https, without fragment and user (RFC 6749 §3.1).</summary>
    public static bool IsSafe(Uri address, CleartextPolicy cleartext) =>
        cleartext.IsSafe(address) && address.Fragment.Length + address.UserInfo.Length == 0;

    /// <summary>Finds the addresses of all endpoints.</summary>
    /// <param name="find">Returns the address of an endpoint; <see langword="null"/> if it is not known.</param>
    public static IReadOnlyDictionary<ServerEndpoint, Uri?> FindAll(Func<ServerEndpoint, Uri?> find) =>
        All.ToDictionary<ServerEndpoint, ServerEndpoint, Uri?>(e => e, find, ReferenceEqualityComparer.Instance);
}
