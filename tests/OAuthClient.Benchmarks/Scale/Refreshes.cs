namespace OAuthClient.Benchmarks;

/// <summary>A refresh as the store sees it: the lease is acquired, and the next generation replaces the grant.</summary>
internal static class Refreshes
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(IGrantStore store, Grant grant, Grant next)
    {
        var result = await store.TryAcquireLeaseAsync(grant, held: null, Lease, default);
        if (result.Lease is null || !await store.TryReplaceAsync(next, default))
            throw new InvalidOperationException("The grant was not refreshed.");
    }
}
