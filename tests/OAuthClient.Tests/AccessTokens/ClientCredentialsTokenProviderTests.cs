using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>The client's own tokens (RFC 6749 §4.4): never a user's, and never for one.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientCredentialsTokenProviderTests
{
    [Test]
    [Description("RFC 6749 §5.2: wrong credentials are not sent again for every call; a second later, or mended, they are")]
    public async Task Wrong_credentials_cost_one_request_a_second()
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
    [Description("RFC 6749 §4.4.2: asked for with the registered scopes and resources, and kept")]
    public async Task Asked_for_and_kept()
    {
        await using ScriptedServer server = new(o => (o.Scopes, o.Resources) = (["a", "b"], [new("https://one.example")]));
        server.Answers(Tokens("at-1"));
        Assert.That(await TokenAsync(server), Is.EqualTo("at-1"));
        Assert.That(await TokenAsync(server), Is.EqualTo("at-1"));
        Assert.That(server.Only.Body, Is.EqualTo("grant_type=client_credentials&scope=a+b&resource=https%3A%2F%2Fone.example"));
    }

    [Test]
    public async Task Kept_by_selection()
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
    public async Task Fetched_anew_at_its_end()
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
    [Description("RFC 6749 §5.1: without expires_in it lives DefaultAccessTokenLifetime")]
    public async Task Unstated_lifetime()
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
    [Description("A failure is thrown, nothing is kept of it, and a call a second later tries again")]
    public async Task Failure()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"error":"invalid_grant"}""", 400);
        Assert.That(
            async () => await TokenAsync(server),
            Throws.TypeOf<TokenEndpointException>(),
            "which for the client itself is no matter for a resource owner"
        );
        server.Answers(Tokens("at"));
        server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(await TokenAsync(server), Is.EqualTo("at"));
    }

    [Test]
    [Description("RFC 6749 §4.4.3: a refresh token that comes along is not used")]
    public async Task Refresh_token_is_not_used()
    {
        await using ScriptedServer server = new();
        server.Answers(Tokens("at", "rt"));
        await TokenAsync(server);
        server.Clock.Advance(TimeSpan.FromHours(1));
        await TokenAsync(server);
        Assert.That(server.Requests.Select(request => request["grant_type"]), Is.All.EqualTo("client_credentials"));
    }

    [Test]
    [Description("Life of a token 1: a user's request never falls back to the client's token, and the client never gets a user's")]
    public async Task Never_for_a_user_and_never_the_other_way_round()
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
    [Description("Refused by an API: another one is fetched, once")]
    public async Task Refused()
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
