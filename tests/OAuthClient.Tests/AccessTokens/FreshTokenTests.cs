namespace OAuthClient.Tests;

/// <summary>Reading a good token takes no lock, no task, no allocation.</summary>
[TestFixture]
// What other tests allocate is not counted, but what they compile may be.
[NonParallelizable]
public class FreshTokenTests
{
    private const int Reads = 1000;

    [Test]
    [Description("Life of a token 2: the client's own")]
    public async Task The_clients_token_is_read_without_allocation()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        host.Server.ClearRequests();

        Assert.That(await BytesOfReadingAsync(host.Client, GrantOwner.Client), Is.Zero);
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("Life of a token 2: a resource owner's")]
    public async Task A_resource_owners_token_is_read_without_allocation()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        var owner = GrantOwner.User("42");

        Assert.That(await BytesOfReadingAsync(host.Client, owner), Is.Zero);
        Assert.That(host.TokenRequests, Is.Zero);
    }

    // Nothing is waited for, so all of it stays on one thread.
    private static async Task<long> BytesOfReadingAsync(IOAuthClient client, GrantOwner owner)
    {
        long before = 0;
        for (int i = 0; i < 2 * Reads; i++)
        {
            // The first half compiles the code.
            if (i == Reads)
                before = GC.GetAllocatedBytesForCurrentThread();
            await client.GetAccessTokenAsync(owner);
        }
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
