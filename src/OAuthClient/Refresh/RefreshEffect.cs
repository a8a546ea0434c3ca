namespace OAuthClient;

/// <summary>The next operation of a node that refreshes a grant.</summary>
internal abstract record RefreshEffect
{
    private RefreshEffect() { }

    /// <summary>Acquire or renew the lease, and read the stored grant.</summary>
    public sealed record AcquireLease(Grant Seen, RefreshLease? Held) : RefreshEffect;

    /// <summary>Wait for the node that holds the lease.</summary>
    public sealed record WaitForLease(Grant Seen) : RefreshEffect;

    /// <summary>Send the refresh token to the server, if enough time of the lease is left.</summary>
    public sealed record SendRefreshRequest(Grant Grant, RefreshToken RefreshToken) : RefreshEffect
    {
        /// <summary>
        /// Gets a value indicating whether the request may be sent once more with the server's nonce (RFC 9449 §8).
        /// </summary>
        public bool MayRetryForNonce { get; init; } = true;
    }

    /// <summary>Save the server's response, which also ends the lease.</summary>
    public sealed record Save(Grant Grant, RefreshToken Spent, TokenResponse Response) : RefreshEffect;

    /// <summary>Remove the grant, and revoke the tokens of the response, which belong to another user, server or client.</summary>
    public sealed record RemoveGrant(Grant Grant, TokenResponse Response) : RefreshEffect;

    /// <summary>Release the lease, and record the status of the refresh token.</summary>
    public sealed record ReleaseLease(RefreshLease Lease, RefreshTokenStatus Known) : RefreshEffect;

    /// <summary>End with a token.</summary>
    public sealed record ReturnToken(AccessToken Token, bool IsFetched) : RefreshEffect;

    /// <summary>End without a token, because the grant was removed or replaced meanwhile. The caller reads the store again.</summary>
    public sealed record Reload : RefreshEffect;

    /// <summary>End with a failure. A later refresh may succeed.</summary>
    public sealed record Fail(Exception Fault) : RefreshEffect;

    /// <summary>
    /// End because the resource owner must authorize the client for the selected scopes and resources. The grant stays.
    /// </summary>
    public sealed record RequireInteraction(Exception Fault) : RefreshEffect;

    /// <summary>End because the resource owner must authorize the client again.</summary>
    public sealed record RequireReauthorization(Grant Grant, Exception? Fault) : RefreshEffect;
}
