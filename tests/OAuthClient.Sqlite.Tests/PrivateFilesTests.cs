using System.Diagnostics;
using System.Runtime.Versioning;

namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests the permissions of the files, and the refusal of files that other users can replace or modify.</summary>
[TestFixture, Platform("Unix"), UnsupportedOSPlatform("windows")]
public sealed class PrivateFilesTests
{
    private const UnixFileMode File600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Test]
    public async Task Only_the_user_can_access_the_directory_and_each_file()
    {
        await using StoreFolder folder = new();
        await using var store = await folder.OpenAsync();
        var grant = SampleGrants.Create("g1", "42");
        await store.AddAsync(grant, default);
        await StoreFolder.AcquireAsync(store, grant);

        string[] files = Directory.GetFiles(folder.Folder, "*", SearchOption.AllDirectories);
        Assert.That(
            files.Select(file => Path.GetFileName(file)),
            Is.SupersetOf(["grants.db", "grants.db-wal", "grants.db-shm", "grants.db.key", "grants.db.origin", "grants.db.reserve"])
        );
        using (Assert.EnterMultipleScope())
        {
            Assert.That(files.Select(File.GetUnixFileMode), Is.All.EqualTo(File600));
            foreach (string directory in new[] { folder.Folder, folder.Path + ".holders" })
                Assert.That(File.GetUnixFileMode(directory), Is.EqualTo(File600 | UnixFileMode.UserExecute));
        }
    }

    [Test]
    public async Task A_file_that_others_can_read_is_made_private()
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        File.SetUnixFileMode(folder.Path, File600 | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await folder.OpenAsync();
        Assert.That(File.GetUnixFileMode(folder.Path), Is.EqualTo(File600));
    }

    [TestCase("", "grants.db", "600")]
    [TestCase(".key", "grants.db.key", "600")]
    [TestCase(".origin", "grants.db.origin", "600")]
    public async Task A_file_that_others_can_modify_is_refused(string suffix, string name, string mode)
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        File.SetUnixFileMode(folder.Path + suffix, File600 | UnixFileMode.GroupWrite);
        Assert.That(await folder.RefusalAsync(), Does.Contain(name).And.Contains("can be modified by other users").And.Contains(mode));
    }

    [Test]
    public async Task A_directory_that_others_can_modify_is_refused()
    {
        await using StoreFolder folder = new();
        Directory.CreateDirectory(folder.Folder);
        File.SetUnixFileMode(folder.Folder, File600 | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        Assert.That(await folder.RefusalAsync(), Does.Contain("can be modified by other users").And.Contains("chmod 700"));
        Assert.That(Directory.GetFiles(folder.Folder), Is.Empty);
    }

    [TestCase("")]
    [TestCase("-wal")]
    [TestCase(".key")]
    [TestCase(".reserve")]
    public async Task A_symbolic_link_is_refused(string suffix)
    {
        await using StoreFolder folder = new();
        var grant = await folder.AddAndCloseAsync();
        string target = Path.Combine(folder.Folder, "target");
        await File.WriteAllTextAsync(target, "unchanged");
        File.Delete(folder.Path + suffix);
        File.CreateSymbolicLink(folder.Path + suffix, target);
        var store = folder.Create();
        Assert.That(
            () => StoreFolder.AcquireAsync(store, grant).AsTask(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("is a symbolic link")
        );
        Assert.That(await File.ReadAllTextAsync(target), Is.EqualTo("unchanged"));
    }

    [Test]
    public async Task A_symbolic_link_without_a_target_is_refused()
    {
        await using StoreFolder folder = new();
        Directory.CreateDirectory(folder.Folder, File600 | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(folder.Path, Path.Combine(folder.Folder, "missing"));
        Assert.That(await folder.RefusalAsync(), Does.Contain("is a symbolic link"));
    }

    [Test, Platform("Linux")]
    public async Task A_file_of_another_user_is_refused()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.That(FileStatus.Read("/")!.Value.IsForeign);
            return;
        }
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        using (var chown = Process.Start("chown", ["12345", folder.Path]))
            await chown.WaitForExitAsync();
        Assert.That(await folder.RefusalAsync(), Does.Contain("belongs to another user"));
    }
}
