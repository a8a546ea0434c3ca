using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using OAuthClient.Testing;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>
/// Values that PostgreSQL refuses are errors of these values. They are not an outage, and change nothing for other owners.
/// </summary>
[TestFixture]
public sealed class RefusedValueTests
{
    private const string RedirectUri = "https://app.example/callback";
    private const string OutsideLatin1 = "利用者";

    [Test]
    [Description(
        "SQLSTATE 22P05: an owner's id that the encoding of the database cannot store is refused with an exception that "
            + "says what to change"
    )]
    public async Task Text_outside_the_encoding_of_the_database()
    {
        await using var node = Node.Start(await Latin1Async(), Node.NewSchema());
        await Grants.AddedAsync(node.Store);

        var found = Assert.ThrowsAsync<OAuthException>(async () =>
            await node.Store.FindAsync("photos", GrantOwner.User(OutsideLatin1), default)
        );
        var added = Assert.ThrowsAsync<OAuthException>(async () => await node.Store.AddAsync(Grants.New(OutsideLatin1), default));

        foreach (var exception in new[] { found!, added! })
        {
            Assert.That(exception.Message, Does.Contain("22P05").And.Contain("UTF8").And.Not.Contain(OutsideLatin1));
            Assert.That(exception.InnerException, Is.InstanceOf<PostgresException>());
        }
        await AssertNoOutageAsync(node);
    }

    [Test]
    [Description("SQLSTATE 22021: NUL, in whatever text, is refused with an exception that says what to change")]
    public async Task A_null_character()
    {
        await using var node = Node.Start((await Cluster.RequireAsync()).ConnectionString, Node.NewSchema());
        await Grants.AddedAsync(node.Store);

        Assert.That(
            async () => await node.Store.FindAsync("pho\0tos", GrantOwner.User("42"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("22021")
        );

        await AssertNoOutageAsync(node);
    }

    [Test]
    [Description("SQLSTATE 54000: an owner's id that is too long for the index is refused with an exception that says what to change")]
    public async Task An_id_that_is_too_long_for_the_index()
    {
        await using var node = Node.Start((await Cluster.RequireAsync()).ConnectionString, Node.NewSchema());
        await Grants.AddedAsync(node.Store);
        string id = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(9000));

        Assert.That(
            async () => await node.Store.AddAsync(Grants.New(id), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("54000").And.Message.Contains("too long").And.Message.Not.Contains(id)
        );

        await AssertNoOutageAsync(node);
    }

    [Test]
    [Description("SQLSTATE class 23: a constraint of the administrator's own refuses a value, and the exception says so")]
    public async Task A_constraint()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = Node.Start(cluster.ConnectionString, schema);
        await Grants.AddedAsync(node.Store);
        await Sql.RunAsync(cluster, $"ALTER TABLE {schema}.grants_v4 ADD CONSTRAINT only_known CHECK (owner NOT LIKE '%mallory%')");

        Assert.That(
            async () => await node.Store.AddAsync(Grants.New("mallory"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("23514")
        );

        await AssertNoOutageAsync(node);
    }

    [Test]
    [Description(
        "OpenID Connect Back-Channel Logout §2.7: while requests with an owner that the database refuses arrive without end, a "
            + "session that another node ended is over at once"
    )]
    public async Task A_sign_out_is_seen_at_once_among_refused_owners()
    {
        await using var server = await ServerAsync();
        string schema = Node.NewSchema();
        await using var one = await ClientAsync(server, schema);
        await using var other = await ClientAsync(server, schema);
        var pending = await one.GetRequiredService<IOAuthClient>().BeginAuthorizationAsync();
        var grant = await one.GetRequiredService<OpenIdSignIn>()
            .CompleteAsync(pending, AuthorizationResponse.Parse(await server.SignInAsync(pending.AuthorizationUri)));
        var signIn = other.GetRequiredService<OpenIdSignIn>();
        Assert.That(await signIn.IsSignedInAsync(grant.Owner, grant.SessionId, grant.SignInId), Is.True);
        await RefusedAsync(other);

        await one.GetRequiredService<OpenIdLogout>()
            .ProcessBackChannelLogoutAsync(server.CreateLogoutToken(new() { ClientId = "photos" }, "alice", grant.SessionId));

        bool isOver = false;
        await Eventually.UntilAsync(
            () => isOver,
            async () =>
            {
                await RefusedAsync(other);
                isOver = !await signIn.IsSignedInAsync(grant.Owner, grant.SessionId, grant.SignInId);
            }
        );
        Assert.That(other.GetRequiredService<IGrantStore>().UnavailableReason, Is.Null);
    }

    private static async Task RefusedAsync(ServiceProvider node)
    {
        try
        {
            await node.GetRequiredService<IGrantStore>().FindAsync("photos", GrantOwner.User(OutsideLatin1), default);
            Assert.Fail("The database takes it.");
        }
        catch (Exception exception) when (exception is OAuthException or NpgsqlException)
        {
            // Refused.
        }
    }

    private static async Task AssertNoOutageAsync(Node node)
    {
        Assert.That(node.Store.UnavailableReason, Is.Null);
        Assert.That(node.Log.Entries.Where(entry => entry.Level >= LogLevel.Warning), Has.All.Property("Message").Contains("refused"));
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));
    }

    private static async Task<string> Latin1Async()
    {
        var cluster = await Cluster.RequireAsync();
        string name = "latin1_" + Node.NewSchema();
        await Sql.RunAsync(cluster, $"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        return cluster.ConnectionString + $";Database={name}";
    }

    private static async Task<TestAuthorizationServer> ServerAsync()
    {
        var server = await TestAuthorizationServer.StartAsync();
        server.AddClient(
            new()
            {
                ClientId = "photos",
                ClientSecret = "a-long-test-secret",
                RedirectUris = { RedirectUri },
            }
        );
        return server;
    }

    private string? database;

    private async Task<ServiceProvider> ClientAsync(TestAuthorizationServer server, string schema)
    {
        database ??= await Latin1Async();
        ServiceCollection services = new();
        services.AddOAuthClient(
            "photos",
            o =>
            {
                o.Issuer = server.Issuer;
                o.ClientId = "photos";
                o.ClientSecret = "a-long-test-secret";
                o.RedirectUri = new(RedirectUri);
                o.Scopes = ["openid", "profile", "offline_access"];
                o.DangerouslyAllowHttpOnLoopback = true;
            }
        );
        services.AddPostgresGrantStore(o =>
        {
            o.ConnectionString = database + ";Maximum Pool Size=10";
            o.Schema = schema;
            o.EncryptWith("first", Node.Key);
        });
        return services.BuildServiceProvider();
    }
}
