namespace OAuthClient;

/// <summary>What a store says to a node that asks for a lease.</summary>
/// <param name="Current">The grant as it is stored now; <see langword="null"/> when there is none.</param>
/// <param name="Lease">The lease; <see langword="null"/> when another holds it, or the stored generation is not the one that was seen.</param>
/// <param name="PreviousStatus">What earlier holders left known of the stored generation's refresh token.</param>
public sealed record LeaseResult(Grant? Current, RefreshLease? Lease, RefreshTokenStatus PreviousStatus);
