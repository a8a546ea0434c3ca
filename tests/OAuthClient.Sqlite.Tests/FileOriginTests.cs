namespace OAuthClient.Sqlite.Tests;

/// <summary>
/// Tests that a file that was restored or copied is detected, and that its refresh tokens are not sent until that is accepted.
/// </summary>
[TestFixture]
public sealed class FileOriginTests
{
    private const int Restored = 3004;

    [Test]
    public async Task A_file_that_was_not_replaced_is_used_again()
    {
        await using StoreFolder folder = new();
        var grant = await folder.AddAndCloseAsync();
        await using (await folder.OpenAsync()) { }
        Assert.That((await StoreFolder.AcquireAsync(folder.Create(), grant)).Lease, Is.Not.Null);
        Assert.That(folder.Log.Entries.Select(entry => entry.Id), Has.None.EqualTo(Restored));
    }

    [Test, Platform("Linux")]
    public Task The_refresh_tokens_of_a_copied_file_are_not_sent() =>
        RefusesAsync(folder =>
        {
            File.Copy(folder.Path, folder.Path + ".copy");
            File.Move(folder.Path + ".copy", folder.Path, overwrite: true);
        });

    [Test]
    public async Task The_refresh_tokens_of_a_moved_database_without_the_file_beside_it_are_not_sent() =>
        await RefusesAsync(folder => File.Delete(folder.Path + ".origin"));

    [Test]
    public async Task The_refresh_tokens_of_a_file_that_was_overwritten_with_a_backup_are_not_sent()
    {
        byte[] backup = [];
        await using StoreFolder folder = new();
        var grant = await folder.AddAndCloseAsync();
        backup = await File.ReadAllBytesAsync(folder.Path);
        await using (await folder.OpenAsync()) { }
        await using (await folder.OpenAsync()) { }
        await File.WriteAllBytesAsync(folder.Path, backup);
        await RefusesAsync(folder, grant);
    }

    [Test]
    public async Task A_process_that_ends_while_it_changes_the_mark_is_not_a_restored_file()
    {
        await using StoreFolder folder = new();
        var grant = await folder.AddAndCloseAsync();
        string mark = folder.Sql<string>("SELECT value FROM settings WHERE name = 'mark'");
        await File.WriteAllLinesAsync(folder.Path + ".origin", [mark, "a mark that was not committed"]);
        Assert.That((await StoreFolder.AcquireAsync(folder.Create(), grant)).Lease, Is.Not.Null);
    }

    [Test]
    public async Task Accepted_grants_are_refreshed_and_stay_accepted()
    {
        await using StoreFolder folder = new();
        var grant = await folder.AddAndCloseAsync();
        File.Delete(folder.Path + ".origin");
        await using (await folder.OpenAsync(options => options.AcceptRestoredGrants = true)) { }
        Assert.That((await StoreFolder.AcquireAsync(folder.Create(), grant)).Lease, Is.Not.Null);
    }

    [Test]
    public async Task A_grant_that_is_added_to_a_restored_file_is_refreshed()
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        File.Delete(folder.Path + ".origin");
        var store = folder.Create();
        var newer = SampleGrants.Create("g2", "42");
        await store.AddAsync(newer, default);
        Assert.That((await StoreFolder.AcquireAsync(store, newer)).Lease, Is.Not.Null);
    }

    private static async Task RefusesAsync(Action<StoreFolder> replace)
    {
        await using StoreFolder folder = new();
        var grant = await folder.AddAndCloseAsync();
        replace(folder);
        await RefusesAsync(folder, grant);
    }

    // Also after the next start.
    private static async Task RefusesAsync(StoreFolder folder, Grant grant)
    {
        for (int start = 1; start <= 2; start++)
        {
            await using var store = folder.Create();
            Assert.That(
                () => StoreFolder.AcquireAsync(store, grant).AsTask(),
                Throws.TypeOf<OAuthException>().With.Message.Contains("was restored from a backup or copied")
            );
            Assert.That(await StoreFolder.FindAsync(store), Has.Count.EqualTo(1), "its access token is used");
        }
        Assert.That(folder.Log.Entries.Count(entry => entry.Id == Restored), Is.EqualTo(1));
    }
}
