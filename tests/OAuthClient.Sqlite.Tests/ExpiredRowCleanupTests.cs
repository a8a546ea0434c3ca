namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests that rows that no one can use are deleted.</summary>
[TestFixture]
public sealed class ExpiredRowCleanupTests
{
    private readonly ManualTimeProvider clock = new();

    [Test]
    public async Task Expired_states_and_grants_are_deleted_when_the_file_is_opened()
    {
        await using StoreFolder folder = new() { Time = clock };
        await using (var store = await FillAsync(folder))
            clock.Advance(TimeSpan.FromDays(2));
        await folder.OpenAsync();
        Assert.That(Rows(folder), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Expired_states_and_grants_are_deleted_every_hour()
    {
        await using StoreFolder folder = new() { Time = clock };
        await FillAsync(folder);
        await Eventually.UntilAsync(
            () => Rows(folder) == (1, 1),
            () =>
            {
                clock.Advance(TimeSpan.FromHours(1));
                return Task.CompletedTask;
            }
        );
    }

    private async Task<SqliteGrantStore> FillAsync(StoreFolder folder)
    {
        var store = await folder.OpenAsync();
        await store.AddAsync(SampleGrants.Create("kept", "42"), default);
        await store.AddAsync(SampleGrants.Create("dead", "42", refreshToken: null, expiresAt: clock.GetUtcNow().AddMinutes(1)), default);
        await store.TryConsumeStateAsync("kept", SampleGrants.Expiry, default);
        await store.TryConsumeStateAsync("expired", clock.GetUtcNow().AddMinutes(1), default);
        return store;
    }

    private static (long Grants, long States) Rows(StoreFolder folder) =>
        (folder.Sql<long>("SELECT count(*) FROM grants"), folder.Sql<long>("SELECT count(*) FROM used_states"));
}
