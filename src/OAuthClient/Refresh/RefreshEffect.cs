namespace OAuthClient;

/// <summary>What a node that refreshes a grant does next.</summary>
internal abstract record RefreshEffect
{
    private RefreshEffect() { }

    /// <summary>Ask the store for the lease, or for more time with it, and for what is stored.</summary>
    public sealed record AcquireLease(Grant Seen, RefreshLease? Held) : RefreshEffect;

    /// <summary>Another node holds the lease: wait.</summary>
    public sealed record WaitForLease(Grant Seen) : RefreshEffect;

    /// <summary>Present the refresh token to the server, if the lease lasts.</summary>
    public sealed record SendRefreshRequest(Grant Grant, RefreshToken RefreshToken) : RefreshEffect;

    /// <summary>Save what came; that ends the lease too.</summary>
    public sealed record Save(Grant Grant, RefreshToken Spent, TokenResponse Response) : RefreshEffect;

    /// <summary>Let the others have the lease, and tell them what is known.</summary>
    public sealed record ReleaseLease(RefreshLease Lease, RefreshTokenStatus Known) : RefreshEffect;

    /// <summary>The end: a token.</summary>
    public sealed record ReturnToken(AccessToken Token, bool IsFetched) : RefreshEffect;

    /// <summary>The end: the grant was ended or replaced meanwhile.</summary>
    public sealed record Reload : RefreshEffect;

    /// <summary>The end: no token now; another time there may be one.</summary>
    public sealed record Fail(Exception Fault) : RefreshEffect;

    /// <summary>The end: only the resource owner can help.</summary>
    public sealed record RequireReauthorization(Grant Grant, Exception? Fault) : RefreshEffect;
}
