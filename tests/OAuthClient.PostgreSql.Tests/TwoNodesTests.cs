using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests the library on two nodes, with a server that revokes a grant if its refresh token is reused.</summary>
[TestFixture]
public sealed class TwoNodesTests
{
    private const string RedirectUri = "https://app.example/callback";

    [Test]
    [Description(
        "RFC 9700 §4.14: concurrent callers on two nodes whose access token was rejected share one refresh and receive the same token"
    )]
    public async Task Callers_on_two_nodes_share_one_refresh()
    {
        await using var server = await ServerAsync();
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(server, schema);
        await using var other = await NodeAsync(server, schema);
        var grant = await ConnectAsync(server, Client(one));
        Assert.That(
            (await Client(other).GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(),
            Is.EqualTo(grant.AccessToken!.Reveal()),
            "a grant of one node is available on both"
        );
        server.ClearRequests();
        TaskCompletionSource release = new();
        server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task), times: 1);

        var callers = Enumerable
            .Range(0, 100)
            .Select(i =>
                Client(i % 2 == 0 ? one : other)
                    .GetAccessTokenAsync(GrantOwner.User("42"), new() { RejectedToken = grant.AccessToken })
                    .AsTask()
            )
            .ToList();
        await server.WaitForRequestAsync(TestEndpoint.Token);
        release.SetResult();
        var tokens = await Task.WhenAll(callers).Promptly();

        Assert.That(tokens.Select(token => token.Reveal()).Distinct(StringComparer.Ordinal), Has.Exactly(1).Items);
        Assert.That(tokens[0].Reveal(), Is.Not.EqualTo(grant.AccessToken.Reveal()));
        Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("RFC 9700 §4.7: if two nodes receive the same callback concurrently, one node redeems the code")]
    public async Task A_callback_is_accepted_once()
    {
        await using var server = await ServerAsync();
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(server, schema);
        await using var other = await NodeAsync(server, schema);
        var pending = await Client(one).BeginAuthorizationAsync();
        var response = AuthorizationResponse.Parse(await server.SignInAsync(pending.AuthorizationUri));

        var completed = await Task.WhenAll(
            new[] { one, other }.Select(async node =>
            {
                try
                {
                    await Client(node).CompleteAuthorizationAsync(pending, response, GrantOwner.User("42"));
                    return true;
                }
                catch (OAuthProtocolException)
                {
                    return false;
                }
            })
        );

        Assert.That(completed.Count(isCompleted => isCompleted), Is.EqualTo(1));
        Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A grant that one node revokes becomes unavailable on all nodes")]
    public async Task A_revoked_grant_is_unavailable_on_all_nodes()
    {
        await using var server = await ServerAsync();
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(server, schema);
        await using var other = await NodeAsync(server, schema);
        await ConnectAsync(server, Client(one));
        await Client(other).GetAccessTokenAsync(GrantOwner.User("42"));

        await Client(one).RevokeAsync(GrantOwner.User("42"));

        bool hasEnded = false;
        await Eventually.UntilAsync(
            () => hasEnded,
            async () => hasEnded = await Client(other).FindGrantAsync(GrantOwner.User("42")) is null
        );
        Assert.That(
            async () => await Client(other).GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
    }

    [Test]
    [Description(
        "OpenID Connect Back-Channel Logout §2.7: a logout token that one node receives ends the session on all nodes. Other sessions "
            + "are kept"
    )]
    public async Task A_session_ends_on_all_nodes()
    {
        await using var server = await ServerAsync();
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(server, schema);
        await using var other = await NodeAsync(server, schema);
        var laptop = await SignInAsync(server, other);
        var phone = await SignInAsync(server, one);
        var signIn = other.GetRequiredService<OpenIdSignIn>();
        Assert.That(await signIn.IsSignedInAsync(laptop.Owner, laptop.SessionId), Is.True);
        Assert.That(
            await signIn.IsSignedInAsync(phone.Owner, phone.SessionId, phone.SignInId),
            Is.True,
            "at the first request, before this node has cached the grant"
        );

        string token = server.CreateLogoutToken(new() { ClientId = "photos" }, "alice", laptop.SessionId);
        Assert.That(await one.GetRequiredService<OpenIdLogout>().ProcessBackChannelLogoutAsync(token), Is.EqualTo(1));

        bool hasEnded = false;
        await Eventually.UntilAsync(() => hasEnded, async () => hasEnded = !await signIn.IsSignedInAsync(laptop.Owner, laptop.SessionId));
        Assert.That(await signIn.IsSignedInAsync(phone.Owner, phone.SessionId), Is.True);
    }

    [Test]
    [Description(
        "A login on one node is valid at once on the other node, which has cached earlier logins of the user, also without a sid claim"
    )]
    public async Task A_login_is_valid_at_once_on_all_nodes()
    {
        await using var server = await ServerAsync();
        server.Options.OnIdTokenClaims = claims => claims.Remove("sid");
        string schema = Node.NewSchema();
        await using var one = await NodeAsync(server, schema);
        await using var other = await NodeAsync(server, schema);
        var signIn = other.GetRequiredService<OpenIdSignIn>();
        for (int i = 0; i < 5; i++)
        {
            var grant = await SignInAsync(server, i % 2 == 0 ? other : one);
            Assert.That(grant.SessionId, Is.Null);
            Assert.That(await signIn.IsSignedInAsync(grant.Owner, null, grant.SignInId), Is.True, $"login {i}");
        }
    }

    private static async Task<Grant> SignInAsync(TestAuthorizationServer server, ServiceProvider node)
    {
        var pending = await Client(node).BeginAuthorizationAsync();
        return await node.GetRequiredService<OpenIdSignIn>()
            .CompleteAsync(pending, AuthorizationResponse.Parse(await server.SignInAsync(pending.AuthorizationUri)));
    }

    private static async Task<Grant> ConnectAsync(TestAuthorizationServer server, IOAuthClient client)
    {
        var pending = await client.BeginAuthorizationAsync();
        return await client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(await server.SignInAsync(pending.AuthorizationUri)),
            GrantOwner.User("42")
        );
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

    private static IOAuthClient Client(ServiceProvider node) => node.GetRequiredService<IOAuthClient>();

    private static async Task<ServiceProvider> NodeAsync(TestAuthorizationServer server, string schema)
    {
        var cluster = await Cluster.RequireAsync();
        ServiceCollection services = new();
        services.AddOAuthClient(o =>
        {
            o.Issuer = server.Issuer;
            o.ClientId = "photos";
            o.ClientSecret = "a-long-test-secret";
            o.RedirectUri = new(RedirectUri);
            o.Scopes = ["openid", "profile", "offline_access"];
            o.DangerouslyAllowHttpOnLoopback = true;
        });
        services.AddPostgresGrantStore(o =>
        {
            o.ConnectionString = cluster.ConnectionString + ";Maximum Pool Size=10";
            o.Schema = schema;
            o.EncryptWith("first", Node.Key);
        });
        return services.BuildServiceProvider();
    }
}
