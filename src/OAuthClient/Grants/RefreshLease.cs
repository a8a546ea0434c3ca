namespace OAuthClient;

/// <summary>The right to spend the refresh token of one generation of a grant, alone among all nodes, for a time.</summary>
/// <param name="GrantId">Which grant.</param>
/// <param name="Generation">The generation whose refresh token may be spent.</param>
/// <param name="Fence">Tells this lease from every other one of the grant: each new one has a higher number, also one in place of the holder's own.</param>
public sealed record RefreshLease(string GrantId, long Generation, long Fence);

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

/// <summary>What a store says to a node that asks for a lease.</summary>
/// <param name="Current">The grant as it is stored now; <see langword="null"/> when there is none.</param>
/// <param name="Lease">The lease; <see langword="null"/> when another holds it, or the stored generation is not the one that was seen.</param>
/// <param name="PreviousStatus">What earlier holders left known of the stored generation's refresh token.</param>
public sealed record LeaseResult(Grant? Current, RefreshLease? Lease, RefreshTokenStatus PreviousStatus);
