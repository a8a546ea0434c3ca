using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The metadata of an authorization server as the client uses it (RFC 8414 §2): the endpoints of the options, and otherwise those of the
/// metadata document.
/// </summary>
public sealed class ServerMetadata
{
    internal ServerMetadata(AuthorizationServerMetadata metadata)
    {
        Issuer = metadata.Issuer;
        AuthorizationEndpoint = metadata.Find(ServerEndpoint.Authorization);
        TokenEndpoint = metadata.Find(ServerEndpoint.Token);
        PushedAuthorizationRequestEndpoint = metadata.Find(ServerEndpoint.PushedAuthorization);
        DeviceAuthorizationEndpoint = metadata.Find(ServerEndpoint.DeviceAuthorization);
        RevocationEndpoint = metadata.Find(ServerEndpoint.Revocation);
        IntrospectionEndpoint = metadata.Find(ServerEndpoint.Introspection);
        RegistrationEndpoint = metadata.Find(ServerEndpoint.Registration);
        UserInfoEndpoint = metadata.Find(ServerEndpoint.UserInfo);
        JwksUri = metadata.Find(ServerEndpoint.Keys);
        EndSessionEndpoint = metadata.Find(ServerEndpoint.EndSession);
        AuthorizationDetailsTypesSupported = metadata.AuthorizationDetailsTypes;
        Document = metadata.Document;
    }

    /// <summary>Gets the server's issuer identifier; <see langword="null"/> if the options state none.</summary>
    public string? Issuer { get; }

    /// <summary>Gets the authorization endpoint (RFC 6749 §3.1), or <see langword="null"/>.</summary>
    public Uri? AuthorizationEndpoint { get; }

    /// <summary>Gets the token endpoint (RFC 6749 §3.2), or <see langword="null"/>.</summary>
    public Uri? TokenEndpoint { get; }

    /// <summary>Gets the pushed authorization request endpoint (RFC 9126 §2), or <see langword="null"/>.</summary>
    public Uri? PushedAuthorizationRequestEndpoint { get; }

    /// <summary>Gets the device authorization endpoint (RFC 8628 §3.1), or <see langword="null"/>.</summary>
    public Uri? DeviceAuthorizationEndpoint { get; }

    /// <summary>Gets the revocation endpoint (RFC 7009), or <see langword="null"/>.</summary>
    public Uri? RevocationEndpoint { get; }

    /// <summary>Gets the introspection endpoint (RFC 7662), or <see langword="null"/>.</summary>
    public Uri? IntrospectionEndpoint { get; }

    /// <summary>Gets the client registration endpoint (RFC 7591 §3), or <see langword="null"/>.</summary>
    public Uri? RegistrationEndpoint { get; }

    /// <summary>Gets the UserInfo endpoint (OpenID Connect Core §5.3), or <see langword="null"/>.</summary>
    public Uri? UserInfoEndpoint { get; }

    /// <summary>Gets the address of the server's signing keys (RFC 7517 §5), or <see langword="null"/>.</summary>
    public Uri? JwksUri { get; }

    /// <summary>Gets the endpoint that signs users out (OpenID Connect RP-Initiated Logout §2), or <see langword="null"/>.</summary>
    public Uri? EndSessionEndpoint { get; }

    /// <summary>
    /// Gets all types of authorization details that the server supports (<c>authorization_details_types_supported</c>, RFC 9396 §10);
    /// <see langword="null"/> if it states none.
    /// </summary>
    public IReadOnlyList<string>? AuthorizationDetailsTypesSupported { get; }

    /// <summary>
    /// Gets the metadata document with all members as the server sent them, such as <c>scopes_supported</c>; <see langword="null"/> if the
    /// endpoints are set in the options. It is not validated, except for the members that this type has.
    /// </summary>
    public JsonElement? Document { get; }
}
