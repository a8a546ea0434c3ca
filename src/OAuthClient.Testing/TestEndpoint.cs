namespace OAuthClient.Testing;

/// <summary>Specifies the endpoint of a test server that received a request.</summary>
public enum TestEndpoint
{
    /// <summary>An address that the server does not serve. The response is 404.</summary>
    Other,

    /// <summary>The authorization server metadata at either well-known address (RFC 8414 §3, OpenID Connect Discovery §4).</summary>
    Metadata,

    /// <summary>The JSON Web Key Set (RFC 7517 §5).</summary>
    Jwks,

    /// <summary>The authorization endpoint (RFC 6749 §3.1).</summary>
    Authorization,

    /// <summary>The form of the login page.</summary>
    Login,

    /// <summary>The consent page and its form.</summary>
    Consent,

    /// <summary>The token endpoint (RFC 6749 §3.2).</summary>
    Token,

    /// <summary>The revocation endpoint (RFC 7009 §2).</summary>
    Revocation,

    /// <summary>The UserInfo endpoint (OpenID Connect Core §5.3).</summary>
    UserInfo,

    /// <summary>A protected resource of a <see cref="TestResourceServer"/>.</summary>
    Resource,

    /// <summary>The endpoint for distributed claims (OpenID Connect Core §5.6.2.2).</summary>
    Claims,

    /// <summary>The introspection endpoint (RFC 7662 §2).</summary>
    Introspection,

    /// <summary>The end session endpoint (OpenID Connect RP-Initiated Logout §2) and the form of its confirmation page.</summary>
    EndSession,

    /// <summary>The client registration endpoint (RFC 7591 §3) and the client configuration endpoints (RFC 7592 §2).</summary>
    Registration,

    /// <summary>The WebFinger endpoint (RFC 7033 §4, OpenID Connect Discovery §2).</summary>
    WebFinger,

    /// <summary>
    /// The keys that a defective token refers to by <c>jku</c> or <c>x5u</c>. They do not belong to the server, and a correct client does
    /// not request them.
    /// </summary>
    ForeignKeys,

    /// <summary>The pushed authorization request endpoint (RFC 9126 §2).</summary>
    PushedAuthorization,

    /// <summary>The device authorization endpoint (RFC 8628 §3.1).</summary>
    DeviceAuthorization,

    /// <summary>The page where a user enters the code of a device, with its login and consent pages (RFC 8628 §3.3).</summary>
    DeviceVerification,
}
