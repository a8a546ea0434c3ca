using System.Globalization;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests which expired rows are deleted automatically, and which rows are kept.</summary>
[TestFixture]
public sealed class ExpiredRowCleanupTests
{
    [Test]
    [Description(
        "Consumed states are deleted an hour after they expire, and grants a day after their sign-in or last token has expired. "
            + "Grants that can be refreshed, are valid, have a current sign-in, offline access or no expiry are kept, even if rejected"
    )]
    public async Task Expired_rows_are_deleted_and_usable_grants_are_kept()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var node = Node.Start(cluster.ConnectionString, schema, clock);
        var now = DateTimeOffset.Parse(
            await Sql.ReadAsync<string>(cluster, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"),
            CultureInfo.InvariantCulture
        );
        var expired = now.AddHours(-25);
        await node.Store.AddAsync(Grants.New("expired", refreshToken: null, expiresAt: expired), default);
        await node.Store.AddAsync(Grants.New("recently-expired", refreshToken: null, expiresAt: now.AddHours(-23)), default);
        await node.Store.AddAsync(Grants.New("valid", refreshToken: null, expiresAt: now.AddHours(1)), default);
        await node.Store.AddAsync(Grants.New("refreshable", expiresAt: expired), default);
        await node.Store.AddAsync(WithoutExpiry("no-expiry"), default);
        await node.Store.AddAsync(
            SampleGrants.Create("signed-in", "signed in", refreshToken: null, expiresAt: expired, signInExpiresAt: now.AddHours(1)),
            default
        );
        await node.Store.AddAsync(Sample("ended", signInExpiresAt: expired), default);
        await node.Store.AddAsync(Sample("ended-no-refresh", signInExpiresAt: expired, refreshToken: null), default);
        await node.Store.AddAsync(Sample("offline", signInExpiresAt: expired, scope: "offline_access"), default);
        var refreshed = Sample("ended-refreshed", signInExpiresAt: expired);
        await node.Store.AddAsync(refreshed, default);
        await node.Store.TryReplaceAsync(SampleGrants.Next(refreshed), default);
        var rejected = Grants.New("rejected", expiresAt: expired);
        await node.Store.AddAsync(rejected, default);
        await node.Store.ReleaseLeaseAsync(await Grants.AcquireLeaseAsync(node.Store, rejected), RefreshTokenStatus.Rejected, default);
        await node.Store.TryConsumeStateAsync("expired-state", now.AddMinutes(-61), default);
        await node.Store.TryConsumeStateAsync("recent-state", now.AddMinutes(-59), default);

        // The interval is random, from 45 to 75 minutes.
        clock.Advance(TimeSpan.FromMinutes(76));

        long remaining = 0;
        await Eventually.UntilAsync(
            () => remaining == 7,
            async () => remaining = await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM {schema}.grants_v4")
        );
        Assert.That(await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM {schema}.grants_v4 WHERE owner = 'user:expired'"), Is.Zero);
        Assert.That(await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM {schema}.grants_v4 WHERE id LIKE 'ended%'"), Is.Zero);
        Assert.That(await node.Store.TryConsumeStateAsync("recent-state", now, default), Is.False);
        Assert.That(await node.Store.TryConsumeStateAsync("expired-state", now.AddHours(-2), default), Is.True);

        // The cleanup runs again.
        await clock.WaitForTimerAsync().Promptly();
        await clock.WaitForTimerAsync().Promptly();
        clock.Advance(TimeSpan.FromMinutes(76));
        long expiredStates = 1;
        await Eventually.UntilAsync(
            () => expiredStates == 0,
            async () =>
                expiredStates = await Sql.ReadAsync<long>(
                    cluster,
                    $"SELECT count(*) FROM {schema}.used_states WHERE expires_at < now() - interval '1 hour'"
                )
        );
    }

    [Test]
    [Description("Expired rows are deleted in batches, and by one node at a time")]
    public async Task Rows_are_deleted_in_batches_by_one_node()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = Node.Start(cluster.ConnectionString, schema);
        await node.Store.FindAsync("photos", GrantOwner.User("42"), default);
        var executor = node.NewExecutor(schema);
        await using ExpiredRowCleanup cleanup = new(executor, schema, TimeProvider.System, new RecordedLog().CreateLogger("cleanup"));
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
            Assert.That(await cleanup.RunAsync(default), Is.Zero, "another node holds the lock");
        }
        Assert.That(await cleanup.RunAsync(default), Is.EqualTo(Many));
        Assert.That(await cleanup.RunAsync(default), Is.Zero);
    }

    private static Grant Sample(string id, DateTimeOffset signInExpiresAt, string? refreshToken = "", string? scope = null) =>
        SampleGrants.Create(id, id, refreshToken: refreshToken, signInExpiresAt: signInExpiresAt, scope: scope);

    private static Grant WithoutExpiry(string owner) =>
        new("no-expiry", "photos", GrantOwner.User(owner), "https://as.example", "client-id")
        {
            Tokens = Grant.With(new AccessToken("at", default, expiresAt: null, [], [])),
        };
}
