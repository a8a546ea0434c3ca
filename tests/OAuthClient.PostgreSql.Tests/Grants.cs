using static OAuthClient.Tests.GrantStoreContract;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Grants to store.</summary>
internal static class Grants
{
    public static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private static int ids;

    /// <summary>Ids are random in life.</summary>
    public static Grant New(
        string owner = "42",
        string clientName = "photos",
        string? refreshToken = "",
        DateTimeOffset? expiresAt = null
    ) => Sample($"grant-{Interlocked.Increment(ref ids)}", owner, clientName, refreshToken: refreshToken, expiresAt: expiresAt);

    public static Grant After(Grant grant) => Next(grant);

    public static async Task<Grant> AddedAsync(IGrantStore store, string owner = "42")
    {
        var grant = New(owner);
        await store.AddAsync(grant, default);
        return grant;
    }

    public static async Task<RefreshLease> LeaseAsync(IGrantStore store, Grant grant) =>
        (await store.TryAcquireLeaseAsync(grant, held: null, Long, default)).Lease
        ?? throw new InvalidOperationException("There is no lease to be had.");

    public static async Task<Grant> OnlyAsync(IGrantStore store, string owner = "42") =>
        (await store.FindAsync("photos", GrantOwner.User(owner), default)).Single();
}
