using System.Text;
using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>
/// Tests when the other nodes are notified of a change. The clocks of the nodes do not advance by themselves, so that a node that has just
/// sent the notification of a refresh holds the next ones back.
/// </summary>
[TestFixture]
public sealed class ChangeNotificationTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    [Test]
    [Description("The refreshes of 50 milliseconds are sent in one notification; the first one after a pause is sent at once")]
    public async Task Refreshes_are_sent_together()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var node = await NodeAsync(schema, clock);
        await using var listener = await NotificationRecorder.StartAsync(schema);
        var grants = await AddAsync(node, 11);
        await listener.ReceiveAsync(notifications => notifications.Count == grants.Length);
        listener.Clear();

        await ReplaceAsync(node, grants[0]);
        await listener.ReceiveAsync(notifications => notifications.Count == 1);
        foreach (var grant in grants[1..])
            await ReplaceAsync(node, grant);
        // PostgreSQL sends notifications in the order of the commits.
        await Grants.AddAsync(node.Cache, "another");
        await listener.ReceiveAsync(notifications => notifications.Count == 2);
        Assert.That(listener.Hints, Has.Count.EqualTo(2), "no refresh was sent before 50 milliseconds");

        await clock.WaitForTimerAsync().Promptly();
        clock.Advance(Interval);
        await listener.ReceiveAsync(notifications => notifications.Count == 3);
        Assert.That(listener.Hints, Has.Count.EqualTo(12));
        Assert.That(listener.Hints.Distinct(StringComparer.Ordinal).ToList(), Has.Count.EqualTo(12));
    }

    [Test]
    [Description(
        "Threat: a copied cookie is used after the user signed out. A sign-out is committed with its notification, and ends the session on "
            + "all nodes also if the node sends nothing else, for example because its process ends"
    )]
    public async Task A_sign_out_is_sent_with_its_commit()
    {
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema, new ManualTimeProvider());
        await using var other = await NodeAsync(schema, new ManualTimeProvider());
        var grants = await AddAsync(node, 2);
        await ReplaceAsync(node, grants[0]);
        var owner = grants[1].Owner;
        Assert.That(await other.Cache.FindCurrentAsync("photos", owner, default), Has.Count.EqualTo(1));

        var refreshed = await ReplaceAsync(node, grants[1]);
        await node.Cache.RemoveAsync(refreshed, default);

        IReadOnlyList<Grant>? found = null;
        await Eventually.UntilAsync(
            () => found?.Count == 0,
            async () => found = await other.Cache.FindCurrentAsync("photos", owner, default)
        );
    }

    [Test]
    [Description("A login is committed with its notification, so that a sign-out of all sessions on another node finds its grant")]
    public async Task A_login_is_sent_with_its_commit()
    {
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema, new ManualTimeProvider());
        await using var other = await NodeAsync(schema, new ManualTimeProvider());
        var grant = await Grants.AddAsync(node.Cache);
        await ReplaceAsync(node, grant);
        await other.Cache.FindCurrentAsync("photos", grant.Owner, default);

        await Grants.AddAsync(node.Cache);

        IReadOnlyList<Grant>? found = null;
        await Eventually.UntilAsync(
            () => found?.Count == 2,
            async () => found = await other.Cache.FindCurrentAsync("photos", grant.Owner, default)
        );
    }

    [Test]
    [Description(
        "RFC 9700 §4.14: a node that has not been notified of a refresh does not send the previous refresh token. It receives the new "
            + "generation in place of a lease"
    )]
    public async Task A_missed_refresh_is_noticed_before_a_refresh()
    {
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema, new ManualTimeProvider());
        await using var other = await NodeAsync(schema, new ManualTimeProvider());
        var grants = await AddAsync(node, 2);
        await ReplaceAsync(node, grants[0]);
        var known = (await other.Cache.FindCurrentAsync("photos", grants[1].Owner, default)).Single();

        var refreshed = await ReplaceAsync(node, grants[1]);

        var seen = (await other.Cache.FindCurrentAsync("photos", grants[1].Owner, default)).Single();
        Assert.That(
            (seen.Id, seen.SignInId, seen.SignInExpiresAt),
            Is.EqualTo((refreshed.Id, refreshed.SignInId, refreshed.SignInExpiresAt))
        );
        var result = await other.Cache.TryAcquireLeaseAsync(known, held: null, Grants.LeaseDuration, default);
        Assert.That((result.Lease, result.Current!.Generation), Is.EqualTo(((RefreshLease?)null, 2L)));
        Assert.That((await other.Cache.FindAsync("photos", known.Owner, default)).Single().Generation, Is.EqualTo(2));
    }

    [Test]
    [Description("The end of a lease is sent at once if another node waits for it")]
    public async Task An_awaited_end_of_a_lease_is_sent_at_once([Values] bool isSaved)
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var node = await NodeAsync(schema, clock);
        await using var other = await NodeAsync(schema, new ManualTimeProvider());
        await using var listener = await NotificationRecorder.StartAsync(schema);
        var grants = await AddAsync(node, 3);
        var lease = await Grants.AcquireLeaseAsync(node.Cache, grants[1]);
        await Grants.AcquireLeaseAsync(other.Cache, grants[2]);

        // The node waits too. A notification that ends its wait shows that it has received all earlier ones.
        var received = node.Cache.WaitForChangeAsync(grants[2], TimeSpan.FromDays(1), default).AsTask();
        var waiting = other.Cache.WaitForChangeAsync(grants[1], TimeSpan.FromDays(1), default).AsTask();
        await listener.ReceiveAsync(_ => listener.Hints.Count(hint => hint.StartsWith('?')) == 2);
        await other.Cache.RemoveAsync(grants[2], default);
        await received.Promptly();
        await ReplaceAsync(node, grants[0]);

        if (isSaved)
            await ReplaceAsync(node, grants[1]);
        else
            await node.Cache.ReleaseLeaseAsync(lease, RefreshTokenStatus.Unused, default);

        await waiting.Promptly();
    }

    [Test]
    [Description("Hints that could not be sent are sent later, and those of a change whose outcome is not known as well")]
    public async Task Hints_are_sent_after_an_outage()
    {
        string schema = Node.NewSchema();
        ManualTimeProvider clock = new();
        await using var proxy = await Proxy.StartAsync();
        await using var node = await Node.OpenAsync(proxy.ConnectionString, schema, clock);
        await using var listener = await NotificationRecorder.StartAsync(schema);
        var grants = await AddAsync(node, 3);
        await ReplaceAsync(node, grants[0]);
        await listener.ReceiveAsync(notifications => notifications.Count == 4);
        listener.Clear();

        await ReplaceAsync(node, grants[1]);
        proxy.Disconnect();
        Assert.That(async () => await node.Cache.TryReplaceAsync(Grants.Next(grants[2]), default), Throws.InstanceOf<NpgsqlException>());
        await Eventually.UntilAsync(
            () => node.Log.Entries.Any(entry => entry.Message.Contains("could not notify", StringComparison.Ordinal)),
            Node.Advance(clock)
        );
        proxy.Restore();
        await Eventually.UntilAsync(
            () => listener.Hints.Count >= 2,
            async () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                await listener.PollAsync();
            }
        );

        Assert.That(listener.Hints.Distinct(StringComparer.Ordinal).ToList(), Has.Count.EqualTo(2));
    }

    [Test]
    [Description("A node that is stopped sends the hints that it held back")]
    public async Task Hints_are_sent_when_the_node_stops()
    {
        string schema = Node.NewSchema();
        await using var listener = await NotificationRecorder.StartAsync(schema);
        Grant[] grants;
        await using (var node = await NodeAsync(schema, new ManualTimeProvider()))
        {
            grants = await AddAsync(node, 3);
            foreach (var grant in grants)
                await ReplaceAsync(node, grant);
        }
        await listener.ReceiveAsync(_ => listener.Hints.Count >= 2 * grants.Length);
        Assert.That(listener.Hints.Distinct(StringComparer.Ordinal).ToList(), Has.Count.EqualTo(grants.Length));
    }

    [Test]
    [Description("PostgreSQL accepts payloads of up to 7999 bytes, so the hints of many changes are divided")]
    public void Payloads_have_at_most_7999_bytes()
    {
        ChangeNotificationFormat format = new("schema", 1);
        string[] hints =
        [
            .. Enumerable.Range(0, 700).Select(i => ChangeNotificationFormat.Waiting(format.Of("photos", GrantOwner.User($"{i}")))),
        ];

        string[] payloads = format.Payloads(hints);

        Assert.That(payloads.Select(Encoding.UTF8.GetByteCount), Has.Exactly(3).Items.And.All.LessThan(8000));
        ChangeNotificationFormat other = new("schema", 2);
        Assert.That(payloads.SelectMany(other.FromOthers), Is.EqualTo(hints));
        Assert.That(payloads.SelectMany(format.FromOthers), Is.Empty, "a node ignores its own notifications");
    }

    [Test]
    [Description("Threat: any role of the database can send notifications. Unknown payloads have no effect, and the node continues")]
    public async Task Forged_notifications_have_no_effect()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = await NodeAsync(schema, new ManualTimeProvider());
        await using var other = await NodeAsync(schema, new ManualTimeProvider());
        var grant = await Grants.AddAsync(node.Cache);
        foreach (string payload in new[] { ".", "x.", "x.,,,", "x.?", "x.??", "?", $"x.{new string(',', 7990)}", "x.ü" })
            await Sql.RunAsync(cluster, $"SELECT pg_notify('oauthclient.{schema}', '{payload}')");

        await other.Cache.FindAsync("photos", grant.Owner, default);
        await node.Cache.RemoveAsync(grant, default);

        IReadOnlyList<Grant>? found = null;
        await Eventually.UntilAsync(
            () => found?.Count == 0,
            async () => found = await other.Cache.FindAsync("photos", grant.Owner, default)
        );
        Assert.That(other.Store.IsConnected, Is.True);
    }

    private static async Task<Grant[]> AddAsync(Node node, int count)
    {
        var grants = new Grant[count];
        for (int i = 0; i < count; i++)
            grants[i] = await Grants.AddAsync(node.Cache, $"owner-{i}");
        return grants;
    }

    private static async Task<Grant> ReplaceAsync(Node node, Grant grant)
    {
        var newer = Grants.Next(grant);
        Assert.That(await node.Cache.TryReplaceAsync(newer, default), Is.True);
        return newer;
    }

    private static async Task<Node> NodeAsync(string schema, ManualTimeProvider clock) =>
        await Node.OpenAsync((await Cluster.RequireAsync()).ConnectionString, schema, clock);
}
