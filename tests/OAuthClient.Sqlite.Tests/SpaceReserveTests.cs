using System.Globalization;
using System.Security.Cryptography;

namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests a full disk: a lease is refused before the refresh token is sent, and the result of a refresh finds its space.</summary>
[TestFixture]
public sealed class SpaceReserveTests
{
    [Test]
    public async Task No_lease_is_issued_without_space_for_the_result()
    {
        await using StoreFolder folder = new();
        var grant = await folder.AddAndCloseAsync();
        var store = await folder.OpenAsync();
        await FillAsync(store);
        Assert.That(
            () => StoreFolder.AcquireAsync(store, grant).AsTask(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("is full. Free some space")
        );
        Assert.That(store.UnavailableReason, Does.Contain("no refresh token is sent"));
        Assert.That(folder.Sql<long>("SELECT count(*) FROM grants WHERE lease_holder IS NULL"), Is.EqualTo(1));

        await LimitAsync(store, pages: 100_000);
        Assert.That((await StoreFolder.AcquireAsync(store, grant)).PreviousStatus, Is.EqualTo(RefreshTokenStatus.Unused));
    }

    [Test]
    public async Task A_result_is_stored_although_the_disk_became_full_after_the_lease()
    {
        await using StoreFolder folder = new();
        var grant = await folder.AddAndCloseAsync();
        var store = await folder.OpenAsync();
        await StoreFolder.AcquireAsync(store, grant);
        await FillAsync(store);
        var next = Refreshed(refreshTokenLength: 3000);
        Assert.That(await store.TryReplaceAsync(next, default), Is.True);
        Assert.That((await StoreFolder.FindAsync(store)).Single().Generation, Is.EqualTo(2));
    }

    [Test]
    public async Task The_reserve_on_the_disk_is_released_for_a_result_and_created_again_for_the_next_lease()
    {
        await using StoreFolder folder = new();
        var grant = await folder.AddAndCloseAsync();
        var store = await folder.OpenAsync();
        FileInfo reserve = new(folder.Path + ".reserve");
        await StoreFolder.AcquireAsync(store, grant);
        reserve.Refresh();
        Assert.That(reserve.Length, Is.EqualTo(SpaceReserve.Size));

        await FillAsync(store);
        var large = Refreshed(refreshTokenLength: 100_000);
        Assert.That(() => store.TryReplaceAsync(large, default).AsTask(), Throws.TypeOf<OAuthException>().With.Message.Contains("is full"));
        Assert.That(File.Exists(reserve.FullName), Is.False);

        await LimitAsync(store, pages: 100_000);
        var lease = (await StoreFolder.AcquireAsync(folder.Create(), grant)).Lease;
        Assert.That((lease, File.Exists(reserve.FullName)), Is.EqualTo((default(RefreshLease), true)));
    }

    private static Grant Refreshed(int refreshTokenLength) =>
        SampleGrants.Create(
            "g1",
            "42",
            generation: 2,
            refreshToken: RandomNumberGenerator.GetHexString(refreshTokenLength),
            scope: RandomNumberGenerator.GetHexString(refreshTokenLength)
        );

    private static async Task FillAsync(SqliteGrantStore store) => await LimitAsync(store, await PagesAsync(store));

    private static Task<long> PagesAsync(SqliteGrantStore store) =>
        store.Database.ReadAsync(connection => connection.Number("PRAGMA page_count"), default);

    private static Task<long> LimitAsync(SqliteGrantStore store, long pages) =>
        store.Database.ReadAsync(
            connection => connection.Number(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}")),
            default
        );
}
