using System.Text;

namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests where the key comes from, what it encrypts, and what happens when it is lost.</summary>
[TestFixture]
public sealed class StoreKeyTests
{
    private const int KeyFileCreated = 3001;
    private const int KeyLost = 3002;

    [Test]
    public async Task The_key_file_is_created_once_with_a_warning()
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        byte[] key = await File.ReadAllBytesAsync(folder.Path + ".key");
        Assert.That(await StoreFolder.FindAsync(folder.Create()), Has.Count.EqualTo(1));
        Assert.That(key, Has.Length.EqualTo(32).And.EqualTo(await File.ReadAllBytesAsync(folder.Path + ".key")));
        Assert.That(folder.Log.Entries.Count(entry => entry.Id == KeyFileCreated), Is.EqualTo(1));
    }

    [Test]
    public async Task Stores_that_open_a_new_file_at_the_same_time_use_one_key()
    {
        await using StoreFolder folder = new();
        var stores = Enumerable.Range(0, 8).Select(_ => folder.Create()).ToList();
        await Task.WhenAll(stores.Select((store, number) => store.AddAsync(SampleGrants.Create($"g{number}", "42"), default).AsTask()));
        foreach (var store in stores)
            Assert.That(await StoreFolder.FindAsync(store), Has.Count.EqualTo(8));
        Assert.That(Directory.GetFiles(folder.Folder, "*.new"), Is.Empty);
    }

    [Test]
    public async Task The_files_contain_no_token()
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        foreach (string file in Directory.GetFiles(folder.Folder))
            Assert.That(
                Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)),
                Does.Not.Contain("a-refresh-token").And.Not.Contains("at-g1")
            );
    }

    [Test]
    public async Task A_lost_key_deletes_the_grants_with_a_message()
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        File.Delete(folder.Path + ".key");
        var store = folder.Create();
        Assert.That(await StoreFolder.FindAsync(store), Is.Empty);
        Assert.That(
            folder.Log.Entries.Single(entry => entry.Id == KeyLost).Message,
            Does.Contain("1 grants that it had encrypted were deleted")
        );
        await store.AddAsync(SampleGrants.Create("g2", "42"), default);
        Assert.That(await StoreFolder.FindAsync(store), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_key_file_of_another_length_is_refused()
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        await File.WriteAllBytesAsync(folder.Path + ".key", [1, 2, 3]);
        Assert.That(await folder.RefusalAsync(), Does.Contain("does not contain a key of 32 bytes"));
        Assert.That(folder.Sql<long>("SELECT count(*) FROM grants"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_key_of_the_application_takes_the_place_of_the_key_file()
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync(options => options.EncryptWith("first", StoreFolder.Key));
        Assert.That(File.Exists(folder.Path + ".key"), Is.False);
        Assert.That(
            await StoreFolder.FindAsync(folder.Create(options => options.EncryptWith("first", StoreFolder.Key))),
            Has.Count.EqualTo(1)
        );
        var other = folder.Create(options => options.EncryptWith("second", StoreFolder.Key));
        Assert.That(
            () => StoreFolder.FindAsync(other),
            Throws.TypeOf<OAuthException>().With.Message.Contains("Add DecryptWith(\"first\""),
            "a mistake in the configuration deletes nothing"
        );
    }

    [Test]
    public async Task The_registered_secret_storage_takes_the_place_of_the_key_file()
    {
        await using StoreFolder folder = new();
        await folder.OpenAsync(secrets: new Secrets());
        Assert.That(File.Exists(folder.Path + ".key"), Is.False);
    }

    private sealed class Secrets : ISecretStorage
    {
        public ValueTask<byte[]> GetOrCreateAsync(string name, CancellationToken cancellationToken) => new(new byte[32]);
    }
}
