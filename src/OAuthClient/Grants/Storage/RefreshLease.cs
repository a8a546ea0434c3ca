namespace OAuthClient;

/// <summary>The right to spend the refresh token of one generation of a grant, alone among all nodes, for a time.</summary>
/// <param name="GrantId">Which grant.</param>
/// <param name="Generation">The generation whose refresh token may be spent.</param>
/// <param name="Fence">Tells this lease from every other one of the grant: each new one has a higher number, also one in place of the holder's own.</param>
public sealed record RefreshLease(string GrantId, long Generation, long Fence);
