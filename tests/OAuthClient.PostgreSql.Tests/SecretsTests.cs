using System.Text;
using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests that logs, exceptions, tables and notifications contain no secrets.</summary>
[TestFixture]
public sealed class SecretsTests
{
    private const string Owner = "canary-owner";

    [Test]
    [Description("Notifications, logs and exceptions contain neither a token nor the owner")]
    public async Task Notifications_logs_and_exceptions_contain_no_token()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        List<string> notifications = [];
        await using NpgsqlConnection listener = new(cluster.ConnectionString + ";Pooling=false");
        await listener.OpenAsync();
        listener.Notification += (_, notification) => notifications.Add(notification.Payload);
        await using (NpgsqlCommand listen = new($"LISTEN \"oauthclient.{schema}\"", listener))
            await listen.ExecuteNonQueryAsync();
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, schema);
        List<string> exceptions = [];

        var grant = Grants.New(Owner, refreshToken: "canary-refresh-token");
        await node.Store.AddAsync(grant, default);
        await node.Store.ReleaseLeaseAsync(await Grants.AcquireLeaseAsync(node.Store, grant), RefreshTokenStatus.Unused, default);
        await node.Store.TryReplaceAsync(grant = Grants.Next(grant), default);
        // The notifications of the lease and of the refresh may be one.
        await Eventually.UntilAsync(() => notifications.Count >= 2, () => listener.WaitAsync(TimeSpan.FromSeconds(60)));
        await node.Store.AddAsync(Grants.New(Owner), default);
        await node.Store.RemoveAsync(Grants.New(Owner), default);
        exceptions.Add(await ExceptionTextAsync(() => node.Store.AddAsync(grant, default).AsTask()));
        await Sql.RunAsync(cluster, $"ALTER TABLE {schema}.grants_v4 RENAME COLUMN content TO renamed");
        exceptions.Add(await ExceptionTextAsync(() => node.Store.TryReplaceAsync(Grants.Next(grant), default).AsTask()));
        await Sql.RunAsync(
            cluster,
            $"ALTER TABLE {schema}.grants_v4 RENAME COLUMN renamed TO content",
            $"UPDATE {schema}.grants_v4 SET content = 'changed'"
        );
        exceptions.Add(
            await ExceptionTextAsync(() => node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.LeaseDuration, default).AsTask())
        );
        proxy.Disconnect();
        await Eventually.UntilAsync(() => !node.Store.IsConnected);
        exceptions.Add(await ExceptionTextAsync(() => node.Store.TryReplaceAsync(Grants.Next(grant), default).AsTask()));
        await Eventually.UntilAsync(() => notifications.Count >= 3, () => listener.WaitAsync(TimeSpan.FromSeconds(60)));

        string log = string.Join('\n', node.Log.Entries.Select(entry => entry.Message));
        Assert.That(string.Join('\n', exceptions) + log + string.Join('\n', notifications), Does.Not.Contain("canary"));
        Assert.That(exceptions, Has.All.Not.Empty);
    }

    [Test]
    [Description("RFC 6749 §10.3, §10.4: a dump of the tables contains no token, neither as text nor as hexadecimal digits")]
    public async Task A_dump_contains_no_token()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = Node.Start(cluster.ConnectionString, schema);
        var grant = SampleGrants.Create(
            "dumped",
            Owner,
            refreshToken: "canary-refresh-token",
            subject: "canary-subject",
            sessionId: "canary-session"
        );
        await node.Store.AddAsync(grant, default);
        await node.Store.TryConsumeStateAsync("canary-state", DateTimeOffset.MaxValue, default);

        string dump = await Sql.ReadAsync<string>(
            cluster,
            $"""
            SELECT string_agg(g::text || encode(content, 'escape'), '')
              || (SELECT string_agg(u::text || encode(fingerprint, 'escape'), '') FROM {schema}.used_states u)
            FROM {schema}.grants_v4 g
            """
        );

        Assert.That(dump, Does.Contain(Owner));
        foreach (
            string secret in new[]
            {
                "canary-refresh-token",
                "canary-state",
                "canary-subject",
                "canary-session",
                grant.AccessToken!.Reveal(),
            }
        )
        {
            Assert.That(dump, Does.Not.Contain(secret));
            Assert.That(dump, Does.Not.Contain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret))));
        }
    }

    [Test]
    [Description("The hash of an owner in a notification is keyed, so that it differs between schemas")]
    public void Hashes_of_owners_are_keyed()
    {
        ChangeNotificationFormat one = new("one", 1);
        ChangeNotificationFormat other = new("one", 1);
        one.UseKey(new("3f2504e0-4f89-11d3-9a0c-0305e82c3301"));
        other.UseKey(new("3f2504e0-4f89-11d3-9a0c-0305e82c3302"));
        Assert.That(
            one.Of("photos", GrantOwner.User("42")),
            Is.Not.EqualTo(other.Of("photos", GrantOwner.User("42")))
                .And.Not.EqualTo(one.Of("photo", GrantOwner.User("s42")))
                .And.Length.EqualTo(22)
        );
        Assert.That(one.Of("photos", GrantOwner.Client), Is.Not.EqualTo(one.Of("photos", GrantOwner.User("42"))));
        Assert.That(
            (one.FromOthers(one.Sender + "x"), one.FromOthers("2.x"), one.FromOthers("nothing"), one.FromOthers("")),
            Is.EqualTo((Array.Empty<string>(), new[] { "x" }, Array.Empty<string>(), Array.Empty<string>()))
        );
    }

    private static async Task<string> ExceptionTextAsync(Func<Task> act)
    {
        try
        {
            await act();
            return "";
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }
    }
}
