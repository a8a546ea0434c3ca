namespace OAuthClient;

/// <summary>The state of a refresh.</summary>
/// <param name="Grant">The newest generation of the grant that this node knows.</param>
internal sealed record RefreshState(Grant Grant)
{
    /// <summary>Gets the lease that this node holds.</summary>
    public RefreshLease? Lease { get; init; }

    /// <summary>Gets the status of the refresh token when the lease was acquired.</summary>
    public RefreshTokenStatus PreviousStatus { get; init; }

    /// <summary>Gets a value indicating whether this node sent the refresh token and did not receive the server's response.</summary>
    public bool IsInDoubt { get; init; }

    /// <summary>Gets the number of consecutive times that the lease had expired before the request was sent.</summary>
    public int LeaseExpirations { get; init; }

    /// <summary>Gets a value indicating whether the request was sent once more with the server's nonce (RFC 9449 §8).</summary>
    public bool HasRetriedForNonce { get; init; }

    /// <summary>Gets the exception with which the server rejected the refresh token.</summary>
    public Exception? Refusal { get; init; }

    /// <summary>Gets the server's response.</summary>
    public TokenResponse? Response { get; init; }
}
