namespace OAuthClient.Testing;

/// <summary>Which endpoint of a test server a request was for.</summary>
public enum TestEndpoint
{
    /// <summary>Anything the server does not know; it answers 404.</summary>
    Other,

    /// <summary>Authorization server metadata at either well-known address (RFC 8414 §3, OpenID Connect Discovery §4).</summary>
    Metadata,

    /// <summary>The JSON Web Key Set (RFC 7517 §5).</summary>
    Jwks,

    /// <summary>The authorization endpoint, to which the client sends the browser (RFC 6749 §3.1).</summary>
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

    /// <summary>Where distributed claims are (OpenID Connect Core §5.6.2.2).</summary>
    Claims,

    /// <summary>The introspection endpoint (RFC 7662 §2).</summary>
    Introspection,

    /// <summary>The end session endpoint (OpenID Connect RP-Initiated Logout §2), and the form of its page.</summary>
    EndSession,

    /// <summary>The client registration endpoint (RFC 7591 §3), and every client's own (RFC 7592 §2).</summary>
    Registration,

    /// <summary>WebFinger (RFC 7033 §4, OpenID Connect Discovery §2).</summary>
    WebFinger,

    /// <summary>Keys that are not this server's, to which a defective token may point; nobody should ever ask for them.</summary>
    ForeignKeys,
}
