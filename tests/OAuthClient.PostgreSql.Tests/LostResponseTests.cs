namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests that statements whose response was lost are repeated without a second effect.</summary>
[TestFixture]
public sealed class LostResponseTests
{
    [Test]
    [Description("A replacement whose response was lost is recognized by the stored content")]
    public async Task Lost_response_to_a_replacement_is_recognized()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        var grant = await Grants.AddAsync(node.Store);
        await Grants.AcquireLeaseAsync(node.Store, grant);

        proxy.DropResponseTo("WITH replaced");
        Assert.That(await node.Store.TryReplaceAsync(Grants.Next(grant), default), Is.True);

        var result = await node.Store.TryAcquireLeaseAsync(Grants.Next(grant), held: null, Grants.LeaseDuration, default);
        Assert.That(
            (result.Current!.Generation, result.Lease?.Generation, result.PreviousStatus),
            Is.EqualTo((2, 2L, RefreshTokenStatus.Unused))
        );
        Assert.That(
            await node.Store.TryReplaceAsync(Grants.Next(grant), default),
            Is.False,
            "a second replacement with the same generation"
        );
    }

    [Test]
    [Description("A repeated lease request returns the same lease, and the refresh token counts as unused")]
    public async Task Lost_response_to_a_lease_request_returns_the_same_lease()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        var grant = await Grants.AddAsync(node.Store);

        proxy.DropResponseTo("WITH taken");
        var result = await node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default);

        Assert.That(result.Lease?.Fence >> 20, Is.EqualTo(1), "the fence increases once");
        Assert.That(result.PreviousStatus, Is.EqualTo(RefreshTokenStatus.Unused));
    }

    [Test]
    [Description("Other changes whose response was lost have one effect, and are reported as done")]
    public async Task Lost_response_to_other_changes_has_one_effect()
    {
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, Node.NewSchema());
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);

        proxy.DropResponseTo("WITH added");
        var grant = await Grants.AddAsync(node.Store);
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));

        proxy.DropResponseTo("INSERT INTO \"");
        Assert.That(await node.Store.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default), Is.True);
        Assert.That(await node.Store.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default), Is.False);

        var lease = await Grants.AcquireLeaseAsync(node.Store, grant);
        proxy.DropResponseTo("WITH ended");
        await node.Store.ReleaseLeaseAsync(lease, RefreshTokenStatus.Rejected, default);
        Assert.That(
            (await node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Rejected)
        );

        proxy.DropResponseTo("WITH removed");
        await node.Store.RemoveAsync(grant, default);
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Is.Empty);
    }

    [Test]
    [Description("A second grant with the same id is refused")]
    public async Task A_grant_is_added_once()
    {
        await using var node = Node.Start((await Cluster.RequireAsync()).ConnectionString, Node.NewSchema());
        var grant = await Grants.AddAsync(node.Store);
        Assert.That(async () => await node.Store.AddAsync(grant, default), Throws.InvalidOperationException);
    }
}
