using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using OAuthClient.Testing;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests that a value that PostgreSQL refuses results in an error, is not an outage and does not affect other owners.</summary>
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
    public async Task Text_outside_the_encoding_of_the_database_is_refused()
    {
        await using var node = Node.Start(await CreateLatin1DatabaseAsync(), Node.NewSchema());
        await Grants.AddAsync(node.Store);

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
    [Description("SQLSTATE 22021: text that contains NUL is refused with an exception that says what to change")]
    public async Task A_null_character_is_refused()
    {
        await using var node = Node.Start((await Cluster.RequireAsync()).ConnectionString, Node.NewSchema());
        await Grants.AddAsync(node.Store);

        Assert.That(
            async () => await node.Store.FindAsync("pho\0tos", GrantOwner.User("42"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("22021")
        );

        await AssertNoOutageAsync(node);
    }

    [Test]
    [Description("SQLSTATE 54000: an owner's id that is too long for the index is refused with an exception that says what to change")]
    public async Task An_id_that_is_too_long_for_the_index_is_refused()
    {
        await using var node = Node.Start((await Cluster.RequireAsync()).ConnectionString, Node.NewSchema());
        await Grants.AddAsync(node.Store);
        string id = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(9000));

        Assert.That(
            async () => await node.Store.AddAsync(Grants.New(id), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("54000").And.Message.Contains("too long").And.Message.Not.Contains(id)
        );

        await AssertNoOutageAsync(node);
    }

    [Test]
    [Description(
        "SQLSTATE class 23: a value that violates a constraint of the administrator is refused with an exception that contains the SQLSTATE"
    )]
    public async Task A_value_that_violates_a_constraint_is_refused()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = Node.Start(cluster.ConnectionString, schema);
        await Grants.AddAsync(node.Store);
        await Sql.RunAsync(cluster, $"ALTER TABLE {schema}.grants_v4 ADD CONSTRAINT only_known CHECK (owner NOT LIKE '%mallory%')");

        Assert.That(
            async () => await node.Store.AddAsync(Grants.New("mallory"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("23514")
        );

        await AssertNoOutageAsync(node);
    }

    [Test]
    [Description(
        "OpenID Connect Back-Channel Logout §2.7: continuous requests with an owner that the database refuses do not delay the end of a "
            + "session on other nodes"
    )]
    public async Task Refused_owners_do_not_delay_a_sign_out()
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
        await RequestRefusedOwnerAsync(other);

        await one.GetRequiredService<OpenIdLogout>()
            .ProcessBackChannelLogoutAsync(server.CreateLogoutToken(new() { ClientId = "photos" }, "alice", grant.SessionId));

        bool hasEnded = false;
        await Eventually.UntilAsync(
            () => hasEnded,
            async () =>
            {
                await RequestRefusedOwnerAsync(other);
                hasEnded = !await signIn.IsSignedInAsync(grant.Owner, grant.SessionId, grant.SignInId);
            }
        );
        Assert.That(other.GetRequiredService<IGrantStore>().UnavailableReason, Is.Null);
    }

    private static async Task RequestRefusedOwnerAsync(ServiceProvider node)
    {
        try
        {
            await node.GetRequiredService<IGrantStore>().FindAsync("photos", GrantOwner.User(OutsideLatin1), default);
            Assert.Fail("The database accepted the owner.");
        }
        catch (Exception exception) when (exception is OAuthException or NpgsqlException)
        {
            // The database refuses the owner.
        }
    }

    private static async Task AssertNoOutageAsync(Node node)
    {
        Assert.That(node.Store.UnavailableReason, Is.Null);
        Assert.That(node.Log.Entries.Where(entry => entry.Level >= LogLevel.Warning), Has.All.Property("Message").Contains("refused"));
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));
    }

    private static async Task<string> CreateLatin1DatabaseAsync()
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
        database ??= await CreateLatin1DatabaseAsync();
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
