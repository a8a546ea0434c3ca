namespace OAuthClient;

/// <summary>What is known of whether the refresh token of a generation has been presented to the server.</summary>
public enum RefreshTokenStatus
{
    /// <summary>Nobody has presented it.</summary>
    Unused,

    /// <summary>Somebody may have, and the answer is not known: a holder died, or the network failed after sending.</summary>
    Unknown,

    /// <summary>The server said <c>invalid_grant</c> (RFC 6749 §5.2): it is of no use any more.</summary>
    Rejected,
}
