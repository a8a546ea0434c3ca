namespace OAuthClient.Tests;

/// <summary>Tests that reading a fresh token allocates no memory.</summary>
[TestFixture]
// Other tests allocate on other threads, but may cause compilation on this one.
[NonParallelizable]
public class FreshTokenTests
{
    private const int Reads = 1000;

    [Test]
    [Description("A fresh token of the client is read without an allocation")]
    public async Task The_clients_token_is_read_without_allocation()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        host.Server.ClearRequests();

        Assert.That(await BytesOfReadingAsync(host.Client, GrantOwner.Client), Is.Zero);
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("A fresh token of a resource owner is read without an allocation")]
    public async Task A_resource_owners_token_is_read_without_allocation()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        var owner = GrantOwner.User("42");

        Assert.That(await BytesOfReadingAsync(host.Client, owner), Is.Zero);
        Assert.That(host.TokenRequests, Is.Zero);
    }

    // All awaited tasks are complete, so that the method stays on one thread.
    private static async Task<long> BytesOfReadingAsync(IOAuthClient client, GrantOwner owner)
    {
        long before = 0;
        for (int i = 0; i < 2 * Reads; i++)
        {
            // The first half of the reads compiles the code.
            if (i == Reads)
                before = GC.GetAllocatedBytesForCurrentThread();
            await client.GetAccessTokenAsync(owner);
        }
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
