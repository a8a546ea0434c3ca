namespace OAuthClient.PostgreSql;

/// <summary>Represents an observation of a lease.</summary>
/// <param name="Generation">The stored generation.</param>
/// <param name="Fence">The fence of the lease.</param>
/// <param name="Remaining">The time until it expires; <see langword="null"/> if no lease is held.</param>
/// <param name="IsHolderGone">
/// Whether the advisory lock of its holder is missing; <see langword="null"/> if it was not looked for.
/// </param>
internal sealed record LeaseSnapshot(long Generation, long Fence, TimeSpan? Remaining, bool? IsHolderGone);
