using System.Security.Cryptography;

namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests files that are not databases of this store, and damaged ones.</summary>
[TestFixture]
public sealed class StoreSchemaTests
{
    [Test]
    public async Task A_database_of_another_application_is_refused_and_not_changed()
    {
        await using StoreFolder folder = new();
        PrivateFiles.CreateDirectory(folder.Folder);
        folder.Sql<object>("CREATE TABLE other (a); SELECT 1");
        Assert.That(await folder.RefusalAsync(), Does.Contain("is a SQLite database of another application"));
        Assert.That(folder.Sql<long>("SELECT count(*) FROM sqlite_master"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        folder.Sql<object>("PRAGMA user_version = 2; SELECT 1");
        Assert.That(await folder.RefusalAsync(), Does.Contain("has the version 2 of a newer OAuthClient.Sqlite"));
    }

    [Test]
    public async Task A_file_that_is_no_database_is_refused_and_not_changed()
    {
        await using StoreFolder folder = new();
        PrivateFiles.CreateDirectory(folder.Folder);
        byte[] content = RandomNumberGenerator.GetBytes(20_000);
        await File.WriteAllBytesAsync(folder.Path, content);
        Assert.That(await folder.RefusalAsync(), Does.Contain("is not a SQLite database, or it is damaged"));
        Assert.That(await File.ReadAllBytesAsync(folder.Path), Is.EqualTo(content));
    }

    [Test]
    public async Task A_damaged_database_is_refused_and_reported_as_unavailable()
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        byte[] content = await File.ReadAllBytesAsync(folder.Path);
        RandomNumberGenerator.Fill(content.AsSpan(100));
        await File.WriteAllBytesAsync(folder.Path, content);
        var store = folder.Create();
        Assert.That(
            () => StoreFolder.FindAsync(store),
            Throws.TypeOf<OAuthException>().With.Message.Contains("damaged. Delete it together with the files beside it")
        );
        Assert.That(store.UnavailableReason, Does.Contain("damaged"));
        Assert.That(store.IsOutage(Assert.ThrowsAsync<OAuthException>(() => StoreFolder.FindAsync(store))!), Is.False);
    }

    [Test]
    public async Task A_store_that_could_not_be_opened_opens_later()
    {
        await using StoreFolder folder = new();
        PrivateFiles.CreateDirectory(folder.Folder);
        await File.WriteAllTextAsync(folder.Path, "not a database, and longer than its header");
        var store = folder.Create();
        Assert.That(() => StoreFolder.FindAsync(store), Throws.TypeOf<OAuthException>());
        File.Delete(folder.Path);
        Assert.That(await StoreFolder.FindAsync(store), Is.Empty);
        Assert.That(store.UnavailableReason, Is.Null);
    }

    [Test]
    [Description("The lease and the result of a refresh are on the disk before the next step")]
    public async Task Every_commit_is_written_to_the_disk()
    {
        await using StoreFolder folder = new();
        var store = await folder.OpenAsync();
        Assert.That(await store.Database.ReadAsync(connection => connection.Number("PRAGMA synchronous"), default), Is.EqualTo(2));
        Assert.That(folder.Sql<string>("PRAGMA journal_mode"), Is.EqualTo("wal"));
    }
}
