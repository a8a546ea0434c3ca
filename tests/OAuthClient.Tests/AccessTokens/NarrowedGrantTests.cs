using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Tests a server that narrows the whole grant when a refresh requests fewer scopes (RFC 6749 §6 does not say whether it may).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class NarrowedGrantTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("The next token for all scopes has fewer: the grant is updated, this is logged, and what is missing must be authorized")]
    public async Task A_narrowed_grant_is_noticed()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b", "offline_access"]);
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Answers(Tokens("at-2", "rt-2", scope: "a"));
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["a"] });
        Assert.That((await FindAsync(server)).Scopes, Has.Count.EqualTo(3), "a token for fewer scopes says nothing about the grant");

        server.Clock.Advance(Hour);
        server.Answers(Tokens("at-3", "rt-3", scope: "a"));
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Scopes, Is.EqualTo(new[] { "a" }));
        Assert.That((await FindAsync(server)).Scopes, Is.EqualTo(new[] { "a", "offline_access" }));
        Assert.That(server.Log.Events(353).Select(entry => entry.Message), Has.One.Contains("from 3 to 2 scopes"));

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["b"] }),
            Throws.TypeOf<ReauthorizationRequiredException>().With.Property("Scopes").EqualTo(new[] { "b" })
        );
        Assert.That(
            (await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["a"] })).Scopes,
            Is.EqualTo(new[] { "a" })
        );
    }

    [Test]
    [Description("Over real sockets: a server that narrows the grant refuses the other scopes from then on, and the user must authorize")]
    public async Task A_grant_is_narrowed_by_a_server()
    {
        await using var host = await OAuthTestHost.StartAsync(server: o => o.NarrowGrantAtRefresh = true);
        var grant = await host.SignedInAsync();

        await host.Client.GetAccessTokenAsync(grant.Owner, new() { Scopes = ["api"] });
        Assert.That((await host.Client.FindGrantAsync(grant.Owner))!.Scopes, Is.EqualTo(new[] { "api", "photos.read" }));
        host.Clock.Advance(Hour);

        Assert.That((await host.Client.GetAccessTokenAsync(grant.Owner)).Scopes, Is.EqualTo(new[] { "api" }));
        Assert.That((await host.Client.FindGrantAsync(grant.Owner))!.Scopes, Is.EqualTo(new[] { "api" }));
        Assert.That(host.Log.Events(353), Has.Count.EqualTo(1));
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(grant.Owner, new() { Scopes = ["photos.read"] }),
            Throws.TypeOf<ReauthorizationRequiredException>().With.Property("Scopes").EqualTo(new[] { "photos.read" })
        );
        Assert.That(host.TokenRequests, Is.EqualTo(2));

        await host.SignInAsync();
        Assert.That(
            (await host.Client.GetAccessTokenAsync(grant.Owner, new() { Scopes = ["photos.read"] })).Scopes,
            Is.EqualTo(new[] { "photos.read" })
        );
    }

    [TestCase(null, "a b openid offline_access")]
    [TestCase("", "a b openid offline_access")]
    [TestCase("b a", "a b openid offline_access")]
    [TestCase("a b c", "a b openid offline_access")]
    [TestCase("A", "a b openid offline_access")]
    [TestCase("a https://api.example/b", "a b openid offline_access")]
    [TestCase("openid offline_access", "a b openid offline_access")]
    [TestCase("a openid", "a openid offline_access")]
    [Description("Only a response that names a part of the granted scopes narrows the grant; openid and offline_access are often left out")]
    public async Task Other_responses_narrow_nothing(string? scope, string expected)
    {
        await using ScriptedServer server = new();
        var grant = new Grant("g", "", GrantOwner.User("42"), "https://as.example/token", "client")
        {
            Scopes = ["a", "b", "openid", "offline_access"],
            RefreshToken = new("rt-1"),
            CreatedAt = server.Clock.GetUtcNow(),
        };
        await server.Store.AddAsync(grant, default);
        server.Answers(Tokens("at-2", "rt-2", scope: scope));
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));

        Assert.That(string.Join(' ', (await FindAsync(server)).Scopes), Is.EqualTo(expected));
    }

    private static async Task<Grant> FindAsync(ScriptedServer server) => (await server.Client.FindGrantAsync(GrantOwner.User("42")))!;
}
