namespace OAuthClient;

/// <summary>Specifies when the parameters of an authorization request are pushed to the server (PAR, RFC 9126).</summary>
public enum PushedAuthorizationUse
{
    /// <summary>
    /// They are pushed where the server's metadata requires it (<c>require_pushed_authorization_requests</c>, RFC 9126 §5).
    /// </summary>
    WhenRequired,

    /// <summary>They are pushed where the server's metadata names an endpoint for it.</summary>
    WhenOffered,

    /// <summary>They are always pushed; an authorization at a server without the endpoint fails.</summary>
    Always,

    /// <summary>They are never pushed; an authorization at a server that requires it fails.</summary>
    Never,
}
