namespace OAuthClient;

/// <summary>How far a refresh has come.</summary>
/// <param name="Grant">The newest state of the grant that is known.</param>
internal sealed record RefreshState(Grant Grant)
{
    /// <summary>The lease, while it is held.</summary>
    public RefreshLease? Lease { get; init; }

    /// <summary>What was known of the refresh token when the lease was given.</summary>
    public RefreshTokenStatus PreviousStatus { get; init; }

    /// <summary>Whether this node presented the refresh token and does not know what became of it.</summary>
    public bool IsInDoubt { get; init; }

    /// <summary>How often in a row the lease had run out before the request left.</summary>
    public int LeaseExpirations { get; init; }

    /// <summary>How the server refused the refresh token, when it did.</summary>
    public Exception? Refusal { get; init; }

    /// <summary>What the server gave.</summary>
    public TokenResponse? Response { get; init; }
}
