namespace OAuthClient.Testing;

/// <summary>Specifies the audience that a <see cref="TestAuthorizationServer"/> requires of a client's assertions (RFC 7523 §3).</summary>
public enum TestAssertionAudience
{
    /// <summary>The issuer identifier of the server.</summary>
    Issuer,

    /// <summary>The address of the token endpoint, at every endpoint.</summary>
    TokenEndpoint,

    /// <summary>The address of the endpoint to which the request is sent.</summary>
    RequestedEndpoint,
}
