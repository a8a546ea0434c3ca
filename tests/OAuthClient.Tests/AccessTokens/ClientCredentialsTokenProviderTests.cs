using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests the access tokens of the client itself (RFC 6749 §4.4), which are never mixed with those of users.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientCredentialsTokenProviderTests
{
    [Test]
    [Description("RFC 6749 §5.2: after invalid_client the next token request is sent one second later at the earliest")]
    public async Task Rejected_credentials_are_sent_at_most_once_a_second()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"error":"invalid_client"}""", 401);
        for (int i = 0; i < 10; i++)
            Assert.That(async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client), Throws.TypeOf<TokenEndpointException>());
        Assert.That(server.Requests, Has.Count.EqualTo(1));

        server.Clock.Advance(RefreshBackoff.Pause);
        server.Answers(ScriptedServer.Tokens("at"));
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(), Is.EqualTo("at"));
    }

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    [Description("RFC 6749 §4.4.2: the token is requested with the configured scopes and resources, and cached")]
    public async Task The_token_is_requested_once_and_cached()
    {
        await using ScriptedServer server = new(o => (o.Scopes, o.Resources) = (["a", "b"], [new("https://one.example")]));
        server.Answers(Tokens("at-1"));
        Assert.That(await TokenAsync(server), Is.EqualTo("at-1"));
        Assert.That(await TokenAsync(server), Is.EqualTo("at-1"));
        Assert.That(server.Only.Body, Is.EqualTo("grant_type=client_credentials&scope=a+b&resource=https%3A%2F%2Fone.example"));
    }

    [Test]
    public async Task Tokens_are_cached_by_scopes_and_resources()
    {
        await using ScriptedServer server = new(o => (o.Scopes, o.Resources) = (["a", "b"], [new("https://one.example")]));
        server.Answers(sentRequest => Json(200, Tokens(Uri.EscapeDataString(sentRequest["scope"] + sentRequest["resource"]))));
        for (int i = 0; i < 2; i++)
        {
            Assert.That(await TokenAsync(server, new() { Scopes = ["a"] }), Is.EqualTo("ahttps%3A%2F%2Fone.example"));
            Assert.That(await TokenAsync(server, new() { Resources = [new("urn:x")] }), Is.EqualTo("a%20burn%3Ax"));
        }
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_token_is_requested_again_when_it_expires()
    {
        await using ScriptedServer server = new();
        server.Answers(Tokens("at-1"));
        await TokenAsync(server);
        server.Answers(Tokens("at-2"));
        server.Clock.Advance(TimeSpan.FromSeconds(3570) - Tick);
        Assert.That(await TokenAsync(server), Is.EqualTo("at-1"));
        server.Clock.Advance(TimeSpan.FromSeconds(30) + Tick);
        Assert.That(await TokenAsync(server), Is.EqualTo("at-2"));
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("RFC 6749 §5.1: a token without expires_in expires after DefaultAccessTokenLifetime")]
    public async Task A_token_without_expires_in_expires_after_the_default_lifetime()
    {
        await using ScriptedServer server = new(o => o.DefaultAccessTokenLifetime = TimeSpan.FromMinutes(20));
        server.Answers(Tokens("at-1", expiresIn: null));
        await TokenAsync(server);
        server.Answers(Tokens("at-2", expiresIn: null));
        server.Clock.Advance(TimeSpan.FromMinutes(20) - TimeSpan.FromSeconds(30) - Tick);
        Assert.That(await TokenAsync(server), Is.EqualTo("at-1"));
        server.Clock.Advance(TimeSpan.FromSeconds(30) + Tick);
        Assert.That(await TokenAsync(server), Is.EqualTo("at-2"));
    }

    [Test]
    [Description("A failure is thrown and not cached; a call one second later sends a new request")]
    public async Task A_failure_is_not_cached()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"error":"invalid_grant"}""", 400);
        Assert.That(
            async () => await TokenAsync(server),
            Throws.TypeOf<TokenEndpointException>(),
            "no resource owner can help with a token of the client"
        );
        server.Answers(Tokens("at"));
        server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(await TokenAsync(server), Is.EqualTo("at"));
    }

    [Test]
    [Description("RFC 6749 §4.4.3: a refresh token in the response is not used")]
    public async Task A_refresh_token_is_not_used()
    {
        await using ScriptedServer server = new();
        server.Answers(Tokens("at", "rt"));
        await TokenAsync(server);
        server.Clock.Advance(TimeSpan.FromHours(1));
        await TokenAsync(server);
        Assert.That(server.Requests.Select(request => request["grant_type"]), Is.All.EqualTo("client_credentials"));
    }

    [Test]
    [Description("A user's request never gets the client's token, and the client never gets a user's token")]
    public async Task Tokens_of_users_and_the_client_are_not_mixed()
    {
        await using ScriptedServer server = new();
        server.Answers(Tokens("the-clients"));
        await TokenAsync(server);
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );

        await server.SignedInAsync(Tokens("the-users", "rt"));
        Assert.That(await TokenAsync(server), Is.EqualTo("the-clients"));
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("the-users"));
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("A token that an API rejected is replaced by one new token")]
    public async Task A_rejected_token_is_replaced_once()
    {
        await using ScriptedServer server = new();
        server.Answers(Tokens("at-1"));
        var refused = await server.Client.GetAccessTokenAsync(GrantOwner.Client);
        server.Answers(Tokens("at-2"));
        Assert.That(await TokenAsync(server, new() { RejectedToken = refused }), Is.EqualTo("at-2"));
        Assert.That(await TokenAsync(server, new() { RejectedToken = refused }), Is.EqualTo("at-2"));
        Assert.That(await TokenAsync(server), Is.EqualTo("at-2"));
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    private static async Task<string> TokenAsync(ScriptedServer server, AccessTokenParameters? parameters = null) =>
        (await server.Client.GetAccessTokenAsync(GrantOwner.Client, parameters).Promptly()).Reveal();
}
