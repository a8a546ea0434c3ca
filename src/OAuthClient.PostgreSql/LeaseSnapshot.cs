namespace OAuthClient.PostgreSql;

/// <summary>A look at a lease.</summary>
/// <param name="Generation">The stored generation.</param>
/// <param name="Fence">The lease's number.</param>
/// <param name="Left">How long it goes on; <see langword="null"/> when nobody holds one.</param>
/// <param name="IsHolderGone">Whether the lock that shows its holder alive is missing.</param>
internal sealed record LeaseSnapshot(long Generation, long Fence, TimeSpan? Left, bool IsHolderGone);
