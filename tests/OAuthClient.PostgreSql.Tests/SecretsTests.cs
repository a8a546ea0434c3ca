using System.Text;
using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Threat: secrets in logs, exceptions, and now tables and notifications.</summary>
[TestFixture]
public sealed class SecretsTests
{
    private const string Owner = "canary-owner";

    [Test]
    [Description(
        "A canary in every token: no table, no notification, no log and no exception has seen it; and no notification or log the owner"
    )]
    public async Task No_token_is_to_be_seen_anywhere()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        List<string> heard = [];
        await using NpgsqlConnection listener = new(cluster.ConnectionString + ";Pooling=false");
        await listener.OpenAsync();
        listener.Notification += (_, notification) => heard.Add(notification.Payload);
        await using (NpgsqlCommand listen = new($"LISTEN \"oauthclient.{schema}\"", listener))
            await listen.ExecuteNonQueryAsync();
        await using var proxy = await Proxy.StartAsync();
        await using var node = Node.Start(proxy.ConnectionString, schema);
        List<string> said = [];

        var grant = Grants.New(Owner, refreshToken: "canary-refresh-token");
        await node.Store.AddAsync(grant, default);
        await node.Store.ReleaseLeaseAsync(await Grants.LeaseAsync(node.Store, grant), RefreshTokenStatus.Unused, default);
        await node.Store.TryReplaceAsync(grant = Grants.After(grant), default);
        await node.Store.AddAsync(Grants.New(Owner), default);
        await node.Store.RemoveAsync(Grants.New(Owner), default);
        said.Add(await SaidAsync(() => node.Store.AddAsync(grant, default).AsTask()));
        await Sql.RunAsync(cluster, $"ALTER TABLE {schema}.grants_v4 RENAME COLUMN content TO gone");
        said.Add(await SaidAsync(() => node.Store.TryReplaceAsync(Grants.After(grant), default).AsTask()));
        await Sql.RunAsync(
            cluster,
            $"ALTER TABLE {schema}.grants_v4 RENAME COLUMN gone TO content",
            $"UPDATE {schema}.grants_v4 SET content = 'changed'"
        );
        said.Add(await SaidAsync(() => node.Store.TryAcquireLeaseAsync(grant, held: null, Grants.Long, default).AsTask()));
        proxy.Cut();
        await Eventually.UntilAsync(() => !node.Store.IsConnected);
        said.Add(await SaidAsync(() => node.Store.TryReplaceAsync(Grants.After(grant), default).AsTask()));
        await Eventually.UntilAsync(() => heard.Count >= 4, () => listener.WaitAsync(TimeSpan.FromSeconds(60)));

        string log = string.Join('\n', node.Log.Entries.Select(entry => entry.Message));
        Assert.That(string.Join('\n', said) + log + string.Join('\n', heard), Does.Not.Contain("canary"));
        Assert.That(heard, Has.Exactly(4).Items);
        Assert.That(said, Has.All.Not.Empty);
    }

    [Test]
    [Description("RFC 6749 §10.3, §10.4: what lies in the tables shows no token, in no encoding that a dump would show")]
    public async Task No_token_is_in_a_dump()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = Node.Start(cluster.ConnectionString, schema);
        var grant = OAuthClient.Tests.GrantStoreContract.Sample(
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
    [Description("The hash of an owner that others may hear differs from schema to schema: it is keyed")]
    public void Hints_are_keyed()
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
            Is.EqualTo(((string?)null, "x", (string?)null, (string?)null))
        );
    }

    private static async Task<string> SaidAsync(Func<Task> act)
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
