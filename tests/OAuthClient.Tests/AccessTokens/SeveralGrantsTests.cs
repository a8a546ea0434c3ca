using OAuthClient.Testing;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests owners with several grants, and logins during the refresh of an older grant.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SeveralGrantsTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("Two users of the server under one owner have two grants; the newest is used")]
    public async Task The_newest_of_two_grants_is_used()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        var alice = await host.SignInAsync(how: new SignInOptions { UserName = "alice" });
        var bob = await host.SignInAsync(how: new SignInOptions { UserName = "bob" });
        var stored = await host.Store.FindAsync("photos", GrantOwner.User("42"), default);
        Assert.That(stored.Select(grant => grant.Id), Is.EqualTo(new[] { bob.Id, alice.Id }));
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(bob.AccessToken));
        Assert.That((await host.Client.FindGrantAsync(GrantOwner.User("42")))!.Id, Is.EqualTo(bob.Id));
        Assert.That((await host.Client.GetUserInfoAsync(GrantOwner.User("42"))).Subject, Is.EqualTo("bob"));
    }

    [Test]
    [Description("OpenID Connect Core §5.3: the claims are those of the chosen account, also if its access token must be replaced")]
    public async Task UserInfo_is_that_of_the_chosen_account()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var alice = await host.SignInAsync(how: new SignInOptions { UserName = "alice" });
        var bob = await host.SignedInAsync(how: new SignInOptions { UserName = "bob" });

        Assert.That((await UserInfoAsync(alice)).Subject, Is.EqualTo("alice"));
        Assert.That((await UserInfoAsync(bob)).Subject, Is.EqualTo("bob"));
        Assert.That(host.TokenRequests, Is.Zero);
        host.Server.ExpireAccessTokens();
        Assert.That((await UserInfoAsync(alice)).Subject, Is.EqualTo("alice"));
        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Token).Select(sent => sent.Form["refresh_token"]),
            Is.EqualTo(new[] { alice.RefreshToken!.Reveal() })
        );
        Assert.That(
            async () => await host.Client.GetUserInfoAsync(GrantOwner.User("41"), new() { GrantId = alice.Id }),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );

        Task<UserInfo> UserInfoAsync(Grant grant) => host.Client.GetUserInfoAsync(GrantOwner.User("42"), new() { GrantId = grant.Id });
    }

    [Test]
    [Description("The newest grant that covers the requested scopes is used")]
    public async Task The_newest_grant_that_covers_the_scopes_is_used()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-a", "rt-a"), parameters: new() { Scopes = ["a"] });
        await server.SignedInAsync(Tokens("at-b", "rt-b"), parameters: new() { Scopes = ["b"] });
        server.Answers(sentRequest => Json(200, Tokens("narrow-" + sentRequest["refresh_token"])));
        Assert.That(
            (await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["a"] })).Reveal(),
            Is.EqualTo("narrow-rt-a")
        );
        Assert.That(
            (await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["b"] })).Reveal(),
            Is.EqualTo("narrow-rt-b")
        );
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-b"));
    }

    [TestCase("a b", "a b", 1)]
    [TestCase("a", "a b", 1)]
    [TestCase("a b", "a", 2)]
    [TestCase("a", "b", 2)]
    [Description(
        "A new grant replaces the grants it covers and no other; they are not "
            + "revoked because many servers would revoke the new one too"
    )]
    public async Task A_new_grant_replaces_the_grants_it_covers(string older, string newer, int remaining)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"), parameters: new() { Scopes = older.Split(' ') });
        await server.SignedInAsync(Tokens("at-2", "rt-2"), parameters: new() { Scopes = newer.Split(' ') });
        Assert.That(await server.Store.FindAsync("", GrantOwner.User("42"), default), Has.Count.EqualTo(remaining));
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    public async Task A_login_does_not_replace_another_owners_grant()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"), owner: "41");
        await server.SignedInAsync(Tokens("at-2", "rt-2"), owner: "42");
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("41"))).Reveal(), Is.EqualTo("at-1"));
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
    }

    [Test]
    [Description("Callers that wait for a refresh get a token of the new grant when a login replaces the old one")]
    public async Task A_login_during_a_refresh_provides_the_token()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task), times: 1);
        var waiting = Enumerable.Range(0, 20).Select(_ => host.Client.GetAccessTokenAsync(GrantOwner.User("42")).AsTask()).ToList();
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        var newer = await host.SignInAsync();
        release.SetResult();

        Assert.That(await Task.WhenAll(waiting).Promptly(), Is.All.EqualTo(newer.AccessToken));
        Assert.That((await host.Store.FindAsync("photos", GrantOwner.User("42"), default)).Single().Id, Is.EqualTo(newer.Id));
    }

    [Test]
    [Description("A grant that was replaced before its refresh began is not refreshed")]
    public async Task A_replaced_grant_is_not_refreshed()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        await server.Store.RemoveAsync(grant, default);
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("The owner of an authorization is a user; the client itself throws ArgumentException")]
    public async Task The_client_as_owner_throws()
    {
        await using ScriptedServer server = new();
        Assert.That(async () => await server.Client.FindGrantAsync(GrantOwner.Client), Throws.ArgumentException);
        Assert.That(async () => await server.Client.RevokeAsync(GrantOwner.Client), Throws.ArgumentException);
        var pending = await server.Client.BeginAuthorizationAsync();
        var response = AuthorizationResponse.Parse([new("code", "c"), new("state", pending.State)]);
        Assert.That(
            async () => await server.Client.CompleteAuthorizationAsync(pending, response, GrantOwner.Client),
            Throws.ArgumentException
        );
        Assert.That(server.Requests, Is.Empty);
    }
}
