namespace OAuthClient;

/// <summary>An input of the state machine that refreshes a grant.</summary>
internal abstract record RefreshEvent
{
    private RefreshEvent() { }

    /// <summary>The refresh starts with the grant as this node knows it.</summary>
    public sealed record Started : RefreshEvent;

    /// <summary>The store responded with the lease, or without one, and with the stored grant.</summary>
    public sealed record LeaseResultReceived(LeaseResult Result) : RefreshEvent;

    /// <summary>The wait for another node's lease ended.</summary>
    public sealed record WaitCompleted : RefreshEvent;

    /// <summary>The server issued tokens for the same user. The access token among them may be unusable.</summary>
    public sealed record TokenReceived(TokenResponse Response) : RefreshEvent;

    /// <summary>The server issued tokens of another user, server or client.</summary>
    public sealed record OtherIdentityReceived(TokenResponse Response, Exception Fault) : RefreshEvent;

    /// <summary>The server issued no tokens, or its response is not known.</summary>
    public sealed record RequestFailed(RefreshTokenOutcome Outcome, Exception Fault) : RefreshEvent
    {
        /// <summary>Gets a value indicating whether the request was sent once more with the server's nonce (RFC 9449 §8).</summary>
        public bool HasRetriedForNonce { get; init; }
    }

    /// <summary>Too little time of the lease was left, and the request was not sent, or not once more.</summary>
    public sealed record LeaseExpired : RefreshEvent
    {
        /// <inheritdoc cref="RequestFailed.HasRetriedForNonce"/>
        public bool HasRetriedForNonce { get; init; }
    }

    /// <summary>The result was saved in the store, or in memory until the store accepts it; or the grant was removed.</summary>
    public sealed record GrantSaved(bool IsKept) : RefreshEvent;
}
