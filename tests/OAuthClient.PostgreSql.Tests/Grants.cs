namespace OAuthClient.PostgreSql.Tests;

/// <summary>Creates grants and stores them.</summary>
internal static class Grants
{
    public static readonly TimeSpan LeaseDuration = TimeSpan.FromMinutes(10);

    private static int ids;

    /// <summary>Creates a grant with a unique id.</summary>
    public static Grant New(
        string owner = "42",
        string clientName = "photos",
        string? refreshToken = "",
        DateTimeOffset? expiresAt = null
    ) =>
        SampleGrants.Create($"grant-{Interlocked.Increment(ref ids)}", owner, clientName, refreshToken: refreshToken, expiresAt: expiresAt);

    public static Grant Next(Grant grant) => SampleGrants.Next(grant);

    public static async Task<Grant> AddAsync(IGrantStore store, string owner = "42")
    {
        var grant = New(owner);
        await store.AddAsync(grant, default);
        return grant;
    }

    public static async Task<RefreshLease> AcquireLeaseAsync(IGrantStore store, Grant grant) =>
        (await store.TryAcquireLeaseAsync(grant, held: null, LeaseDuration, default)).Lease
        ?? throw new InvalidOperationException("The lease was not acquired.");

    public static async Task<Grant> FindSingleAsync(IGrantStore store, string owner = "42") =>
        (await store.FindAsync("photos", GrantOwner.User(owner), default)).Single();
}
