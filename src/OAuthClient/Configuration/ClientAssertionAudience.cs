namespace OAuthClient;

/// <summary>Specifies the audience of a client's assertions (RFC 7523 §3).</summary>
public enum ClientAssertionAudience
{
    /// <summary>The issuer identifier of the server; its token endpoint where no issuer is known.</summary>
    Issuer,

    /// <summary>The address of the token endpoint, at every endpoint.</summary>
    TokenEndpoint,

    /// <summary>The address of the endpoint to which the request is sent.</summary>
    RequestedEndpoint,
}
