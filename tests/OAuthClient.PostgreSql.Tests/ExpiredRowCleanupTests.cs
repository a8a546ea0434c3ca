using System.Globalization;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Dead rows go, by themselves; nothing that could live does.</summary>
[TestFixture]
public sealed class ExpiredRowCleanupTests
{
    [Test]
    [Description(
        "Used states go an hour, and grants of no use or that ended with their sign-in a day after their end; what can be "
            + "refreshed, still works, keeps its user signed in, is for offline access, or has no known end, stays, refused or not"
    )]
    public async Task What_goes_and_what_stays()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var node = Node.Start(cluster.ConnectionString, schema, clock);
        var now = DateTimeOffset.Parse(
            await Sql.ReadAsync<string>(cluster, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"),
            CultureInfo.InvariantCulture
        );
        var dead = now.AddHours(-25);
        await node.Store.AddAsync(Grants.New("dead", refreshToken: null, expiresAt: dead), default);
        await node.Store.AddAsync(Grants.New("dying", refreshToken: null, expiresAt: now.AddHours(-23)), default);
        await node.Store.AddAsync(Grants.New("living", refreshToken: null, expiresAt: now.AddHours(1)), default);
        await node.Store.AddAsync(Grants.New("refreshable", expiresAt: dead), default);
        await node.Store.AddAsync(Endless("endless"), default);
        await node.Store.AddAsync(
            OAuthClient.Tests.GrantStoreContract.Sample(
                "signed-in",
                "signed in",
                refreshToken: null,
                expiresAt: dead,
                signInExpiresAt: now.AddHours(1)
            ),
            default
        );
        await node.Store.AddAsync(Sample("ended", signInExpiresAt: dead), default);
        await node.Store.AddAsync(Sample("ended-no-refresh", signInExpiresAt: dead, refreshToken: null), default);
        await node.Store.AddAsync(Sample("offline", signInExpiresAt: dead, scope: "offline_access"), default);
        var refreshed = Sample("ended-refreshed", signInExpiresAt: dead);
        await node.Store.AddAsync(refreshed, default);
        await node.Store.TryReplaceAsync(OAuthClient.Tests.GrantStoreContract.Next(refreshed), default);
        var refused = Grants.New("refused", expiresAt: dead);
        await node.Store.AddAsync(refused, default);
        await node.Store.ReleaseLeaseAsync(await Grants.LeaseAsync(node.Store, refused), RefreshTokenStatus.Rejected, default);
        await node.Store.TryConsumeStateAsync("over", now.AddMinutes(-61), default);
        await node.Store.TryConsumeStateAsync("known", now.AddMinutes(-59), default);

        // From an hour to an hour and a quarter.
        clock.Advance(TimeSpan.FromMinutes(76));

        long left = 0;
        await Eventually.UntilAsync(
            () => left == 7,
            async () => left = await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM {schema}.grants_v4")
        );
        Assert.That(await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM {schema}.grants_v4 WHERE owner = 'user:dead'"), Is.Zero);
        Assert.That(await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM {schema}.grants_v4 WHERE id LIKE 'ended%'"), Is.Zero);
        Assert.That(await node.Store.TryConsumeStateAsync("known", now, default), Is.False);
        Assert.That(await node.Store.TryConsumeStateAsync("over", now.AddHours(-2), default), Is.True);

        // And again.
        await clock.WaitForTimerAsync().Promptly();
        await clock.WaitForTimerAsync().Promptly();
        clock.Advance(TimeSpan.FromMinutes(76));
        long over = 1;
        await Eventually.UntilAsync(
            () => over == 0,
            async () =>
                over = await Sql.ReadAsync<long>(
                    cluster,
                    $"SELECT count(*) FROM {schema}.used_states WHERE expires_at < now() - interval '1 hour'"
                )
        );
    }

    [Test]
    [Description("However many there are, they go in small batches, and by one node at a time")]
    public async Task In_batches_by_one_node()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = Node.Start(cluster.ConnectionString, schema);
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);
        var executor = node.NewDatabase(schema);
        await using ExpiredRowCleanup cleanup = new(executor, schema, TimeProvider.System, new RecordedLog().CreateLogger("clean-up"));
        const int Many = (2 * ExpiredRowCleanup.Batch) + 1;
        await Sql.RunAsync(
            cluster,
            $"""
            INSERT INTO {schema}.used_states (fingerprint, ticket, expires_at)
            SELECT sha256(i::text::bytea), i, now() - interval '2 hours' FROM generate_series(1, {Many}) i
            """
        );

        await using (var another = await node.Source.OpenConnectionAsync())
        {
            await using var transaction = await another.BeginTransactionAsync();
            await using (
                var command = executor.Command(
                    another,
                    $"SELECT pg_advisory_xact_lock(hashtextextended('oauthclient clean-up {schema}', 0))"
                )
            )
                await command.ExecuteNonQueryAsync();
            Assert.That(await cleanup.RunAsync(default), Is.Zero, "while another does it");
        }
        Assert.That(await cleanup.RunAsync(default), Is.EqualTo(Many));
        Assert.That(await cleanup.RunAsync(default), Is.Zero);
    }

    private static Grant Sample(string id, DateTimeOffset signInExpiresAt, string? refreshToken = "", string? scope = null) =>
        OAuthClient.Tests.GrantStoreContract.Sample(id, id, refreshToken: refreshToken, signInExpiresAt: signInExpiresAt, scope: scope);

    private static Grant Endless(string owner) =>
        new("endless", "photos", GrantOwner.User(owner), "https://as.example", "client-id")
        {
            Tokens = Grant.With(new AccessToken("at", default, expiresAt: null, [], [])),
        };
}
