namespace OAuthClient;

/// <summary>Specifies whether the refresh token of a generation was sent to the authorization server, as far as the store knows.</summary>
public enum RefreshTokenStatus
{
    /// <summary>The refresh token was not sent, or the server did not use it.</summary>
    Unused,

    /// <summary>
    /// The refresh token may have been sent, and the server's response is not known: the process ended, or the network failed after the
    /// request was sent.
    /// </summary>
    Unknown,

    /// <summary>The server rejected the refresh token with <c>invalid_grant</c> (RFC 6749 §5.2). It is not sent again.</summary>
    Rejected,
}
