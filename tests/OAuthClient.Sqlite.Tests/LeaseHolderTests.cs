namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests that the end of a lease's holder is noticed at once, and that a running holder keeps its lease.</summary>
[TestFixture]
public sealed class LeaseHolderTests
{
    [Test]
    public async Task The_lease_of_a_holder_that_ended_is_issued_at_once_with_an_unknown_status()
    {
        await using StoreFolder folder = new() { Time = new ManualTimeProvider() };
        var grant = await folder.AddAndCloseAsync();
        var ending = await folder.OpenAsync();
        var other = await folder.OpenAsync();
        await StoreFolder.AcquireAsync(ending, grant);
        Assert.That((await StoreFolder.AcquireAsync(other, grant)).Lease, Is.Null);
        await ending.DisposeAsync();

        await other.WaitForChangeAsync(grant, TimeSpan.FromHours(1), default).AsTask().Promptly();
        var result = await StoreFolder.AcquireAsync(other, grant);
        Assert.That((result.Lease is not null, result.PreviousStatus), Is.EqualTo((true, RefreshTokenStatus.Unknown)));
    }

    [Test]
    public async Task Files_of_holders_that_ended_are_deleted()
    {
        await using StoreFolder folder = new();
        await folder.AddAndCloseAsync();
        string holders = folder.Path + ".holders";
        await File.WriteAllTextAsync(Path.Combine(holders, "killed.lock"), "");
        await folder.OpenAsync();
        await folder.OpenAsync();
        Assert.That(Directory.GetFiles(holders), Has.Length.EqualTo(2).And.None.Contains("killed"));
    }

    [Test]
    public async Task Only_a_locked_file_is_a_running_holder()
    {
        await using StoreFolder folder = new();
        using LeaseHolder holder = new(folder.Folder);
        LeaseHolder other = new(folder.Folder);
        holder.Lock();
        other.Lock();
        Assert.That((holder.IsAlive(other.Id), holder.IsAlive("unknown")), Is.EqualTo((true, false)));
        other.Dispose();
        Assert.That(holder.IsAlive(other.Id), Is.False);
    }
}
