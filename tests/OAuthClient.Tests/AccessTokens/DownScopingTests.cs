using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Tests access tokens with fewer scopes or resources than the grant (RFC 6749 §6, RFC 8707 §2.2). All are obtained with one refresh token.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DownScopingTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("RFC 6749 §6: a token with fewer scopes is requested, cached by its scopes, and does not replace the token of the grant")]
    public async Task Tokens_are_cached_by_scopes()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b"]);
        await server.SignedInAsync(Tokens("wide", "rt-1"));
        server.Answers(Tokens("narrow", "rt-2", scope: "a"));

        Assert.That(await TokenAsync(server, "a"), Is.EqualTo("narrow"));
        Assert.That(server.Only.Body, Is.EqualTo("grant_type=refresh_token&refresh_token=rt-1&scope=a"));
        Assert.That(await TokenAsync(server, "a"), Is.EqualTo("narrow"));
        Assert.That(await TokenAsync(server), Is.EqualTo("wide"));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        Assert.That((await server.Client.FindGrantAsync(GrantOwner.User("42")))!.AccessToken!.Reveal(), Is.EqualTo("wide"));
    }

    [Test]
    public async Task The_order_of_scopes_does_not_matter()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b", "c"]);
        await server.SignedInAsync(Tokens("wide", "rt"));
        server.Answers(Tokens("narrow"));
        await TokenAsync(server, "b", "a");
        await TokenAsync(server, "a", "b");
        Assert.That(server.Only["scope"], Is.EqualTo("a b"));
    }

    [Test]
    [Description("RFC 8707 §2.2: a token for one resource is requested and cached separately")]
    public async Task Tokens_are_cached_by_resource()
    {
        await using ScriptedServer server = new(o => o.Resources = [new("https://one.example"), new("https://two.example")]);
        await server.SignedInAsync(Tokens("both", "rt"));
        server.Answers(Tokens("one"));
        AccessTokenParameters one = new() { Resources = [new("https://one.example")] };

        var token = await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), one);
        Assert.That((token.Reveal(), token.Resources.Single()), Is.EqualTo(("one", "https://one.example")));
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), one)).Reveal(), Is.EqualTo("one"));
        Assert.That(await TokenAsync(server), Is.EqualTo("both"));
        Assert.That(server.Only.Body, Is.EqualTo("grant_type=refresh_token&refresh_token=rt&resource=https%3A%2F%2Fone.example"));
    }

    [Test]
    [Description("RFC 6749 §6: scopes that were not granted are not requested; only the resource owner can grant them")]
    public async Task Scopes_beyond_the_grant_throw()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b"]);
        await server.SignedInAsync(Tokens("wide", "rt", scope: "a"));
        foreach (string[] beyond in new[] { new[] { "b" }, ["a", "b"], ["A"] })
        {
            Assert.That(
                async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = beyond }),
                Throws
                    .TypeOf<ReauthorizationRequiredException>()
                    .With.Message.Contain("no grant covers the scopes")
                    .And.Message.Contain(string.Join(' ', beyond))
            );
        }
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §5.1: a response without scope has the requested scopes")]
    public async Task A_response_without_scope_has_the_requested_scopes()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b"]);
        await server.SignedInAsync(Tokens("wide", "rt"));
        server.Answers(Tokens("narrow"));
        Assert.That(
            (await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["b"] })).Scopes,
            Is.EqualTo(new[] { "b" })
        );
    }

    [Test]
    [Description("A grant without refresh token has no other token; requesting one throws")]
    public async Task A_grant_without_refresh_token_has_one_token()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b"]);
        await server.SignedInAsync(Tokens("wide"));
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["a"] }),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(await TokenAsync(server), Is.EqualTo("wide"));
    }

    [Test]
    [Description("A refresh removes expired tokens from the grant and keeps tokens that are valid or have no expiry")]
    public async Task Expired_tokens_are_removed_from_the_grant()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b", "c"]);
        await server.SignedInAsync(Tokens("wide", "rt"));
        server.Answers(Tokens("short", expiresIn: 60));
        await TokenAsync(server, "a");
        server.Answers(Tokens("endless", expiresIn: null));
        await TokenAsync(server, "b");
        Assert.That((await server.Client.FindGrantAsync(GrantOwner.User("42")))!.Tokens, Has.Count.EqualTo(3));

        server.Clock.Advance(TimeSpan.FromSeconds(60));
        server.Answers(Tokens("third"));
        await TokenAsync(server, "c");

        var grant = (await server.Client.FindGrantAsync(GrantOwner.User("42")))!;
        Assert.That(grant.Tokens.Values.Select(token => token.Reveal()), Is.EquivalentTo(new[] { "wide", "endless", "third" }));
    }

    [Test]
    [Description("Each token is refreshed separately, with the newest refresh token")]
    public async Task Tokens_are_refreshed_separately()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b"]);
        await server.SignedInAsync(Tokens("wide-1", "rt-1"));
        server.Answers(Tokens("narrow-1", "rt-2"));
        await TokenAsync(server, "a");
        server.Clock.Advance(Hour);
        server.Answers(Tokens("wide-2", "rt-3"));
        Assert.That(await TokenAsync(server), Is.EqualTo("wide-2"));
        server.Answers(Tokens("narrow-2", "rt-4"));
        Assert.That(await TokenAsync(server, "a"), Is.EqualTo("narrow-2"));
        Assert.That(await TokenAsync(server), Is.EqualTo("wide-2"));
        Assert.That(server.Requests.Select(request => request["refresh_token"]), Is.EqualTo(new[] { "rt-1", "rt-2", "rt-3" }));
    }

    private static async Task<string> TokenAsync(ScriptedServer server, params string[] scopes) =>
        (await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = scopes }).Promptly()).Reveal();
}
