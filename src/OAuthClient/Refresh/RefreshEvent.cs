namespace OAuthClient;

/// <summary>What can happen to a node that refreshes a grant.</summary>
internal abstract record RefreshEvent
{
    private RefreshEvent() { }

    /// <summary>It begins, with the grant as this node knows it.</summary>
    public sealed record Started : RefreshEvent;

    /// <summary>The store said who may spend the refresh token, and what is stored.</summary>
    public sealed record LeaseResultReceived(LeaseResult Answer) : RefreshEvent;

    /// <summary>Whoever held the lease may be done.</summary>
    public sealed record WaitCompleted : RefreshEvent;

    /// <summary>The server gave tokens.</summary>
    public sealed record TokenReceived(TokenResponse Response) : RefreshEvent;

    /// <summary>The server gave none, or nobody knows.</summary>
    public sealed record RequestFailed(RefreshTokenOutcome Outcome, Exception Fault) : RefreshEvent;

    /// <summary>The lease had too little time left, so nothing was sent.</summary>
    public sealed record LeaseExpired : RefreshEvent;

    /// <summary>The store has the result, or this node's memory until the store takes it; or there was nothing left to save it to.</summary>
    public sealed record GrantSaved(bool IsKept) : RefreshEvent;
}
