using System.Net;
using OAuthClient.Testing;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests what a refresh changes in a grant, and what it must not change (RFC 6749 §6).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    [Description("A fresh token is returned without a request until the early window; an expired one is replaced before it is returned")]
    public async Task Fresh_until_it_expires()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1", expiresIn: 3600));
        server.Answers(Tokens("at-2", "rt-2"));

        server.Clock.Advance(TimeSpan.FromSeconds(3570) - Tick);
        Assert.That(await TokenAsync(server), Is.EqualTo("at-1"));
        Assert.That(server.Requests, Is.Empty);

        server.Clock.Advance(TimeSpan.FromSeconds(30) + Tick);
        Assert.That(await TokenAsync(server), Is.EqualTo("at-2"));
        Assert.That(server.Only.Body, Is.EqualTo("grant_type=refresh_token&refresh_token=rt-1"));
    }

    [Test]
    [Description("RFC 6749 §6, RFC 9700 §4.14.2: a rotated refresh token replaces the old one, which is never sent again")]
    public async Task A_rotated_refresh_token_replaces_the_old_one()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        for (int i = 2; i <= 4; i++)
        {
            server.Clock.Advance(Hour);
            server.Answers(Tokens($"at-{i}", $"rt-{i}"));
            Assert.That(await TokenAsync(server), Is.EqualTo($"at-{i}"));
        }
        Assert.That(server.Requests.Select(request => request["refresh_token"]), Is.EqualTo(new[] { "rt-1", "rt-2", "rt-3" }));
    }

    [Test]
    [Description("RFC 6749 §6: if the response contains no refresh token, the old one is kept")]
    public async Task Without_a_new_refresh_token_the_old_one_is_kept()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        for (int i = 2; i <= 3; i++)
        {
            server.Clock.Advance(Hour);
            server.Answers(Tokens($"at-{i}"));
            Assert.That(await TokenAsync(server), Is.EqualTo($"at-{i}"));
        }
        Assert.That(server.Requests.Select(request => request["refresh_token"]), Is.All.EqualTo("rt-1"));
    }

    [Test]
    [Description("Each refresh creates the next generation, and the granted scopes stay the same, whatever scope the response states")]
    public async Task A_refresh_creates_the_next_generation()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b"]);
        var first = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers(Tokens("at-2", "rt-2", scope: "a"));
        await TokenAsync(server);

        var second = (await server.Client.FindGrantAsync(GrantOwner.User("42")))!;
        Assert.That((first.Generation, second.Generation), Is.EqualTo((1, 2)));
        Assert.That(second.Id, Is.EqualTo(first.Id));
        Assert.That(second.CreatedAt, Is.EqualTo(first.CreatedAt));
        Assert.That(second.Scopes, Is.EqualTo(new[] { "a" }), "the server narrowed the grant");
        Assert.That(second.AccessToken!.Scopes, Is.EqualTo(new[] { "a" }));
        Assert.That(second.RefreshToken!.Reveal(), Is.EqualTo("rt-2"));
    }

    [Test]
    [Description("RFC 6749 §5.1: a token whose response states no scope has the granted scopes")]
    public async Task An_unstated_scope_is_the_granted_one()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["asked", "for"]);
        await server.SignedInAsync(Tokens("at-1", "rt-1", scope: "granted"));
        server.Clock.Advance(Hour);
        server.Answers(Tokens("at-2", "rt-2"));
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Scopes, Is.EqualTo(new[] { "granted" }));
    }

    [Test]
    [Description("RFC 8707 §2.2: a refresh requests the resources of the grant, not those configured later")]
    public async Task Resources_of_the_grant()
    {
        await using ScriptedServer server = new(o => o.Resources = [new("https://registered.example")]);
        await server.SignedInAsync(
            Tokens("at-1", "rt-1"),
            parameters: new() { Resources = [new("https://one.example"), new("https://two.example")] }
        );
        server.Clock.Advance(Hour);
        server.Answers(Tokens("at-2"));
        await TokenAsync(server);
        Assert.That(
            server.Only.Body,
            Is.EqualTo("grant_type=refresh_token&refresh_token=rt-1&resource=https%3A%2F%2Fone.example&resource=https%3A%2F%2Ftwo.example")
        );
    }

    [Test]
    [Description("Without a refresh token the access token is used until it expires; then the resource owner must authorize again")]
    public async Task Without_refresh_token()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1"));
        server.Clock.Advance(Hour - Tick);
        Assert.That(await TokenAsync(server), Is.EqualTo("at-1"));
        server.Clock.Advance(Tick);
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws
                .TypeOf<ReauthorizationRequiredException>()
                .With.Message.Contain("no refresh token")
                .And.Property(nameof(ReauthorizationRequiredException.ClientName))
                .EqualTo("")
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description(
        "RFC 6749 §5.1: without expires_in, a renewable token lasts DefaultAccessTokenLifetime, any other until the API rejects it"
    )]
    public async Task Unstated_lifetime([Values] bool renewable)
    {
        await using ScriptedServer server = new(o => o.DefaultAccessTokenLifetime = TimeSpan.FromMinutes(20));
        await server.SignedInAsync(Tokens("at-1", renewable ? "rt-1" : null, expiresIn: null));
        server.Answers(Tokens("at-2", expiresIn: null));
        server.Clock.Advance(TimeSpan.FromMinutes(20) - TimeSpan.FromSeconds(30) - Tick);
        Assert.That(await TokenAsync(server), Is.EqualTo("at-1"));
        server.Clock.Advance(TimeSpan.FromSeconds(30) + Tick);
        Assert.That(await TokenAsync(server), Is.EqualTo(renewable ? "at-2" : "at-1"));
        Assert.That(server.Requests, Has.Count.EqualTo(renewable ? 1 : 0));
    }

    [Test]
    [Description("A server that states a lifetime of zero issues one token per call, without a loop")]
    public async Task Lifetime_of_zero()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers(Tokens("at-2", expiresIn: 0));
        Assert.That(await TokenAsync(server), Is.EqualTo("at-2"));
        Assert.That(await TokenAsync(server), Is.EqualTo("at-2"));
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("A network fault is propagated, the grant is kept, and the next call tries again")]
    public async Task Network_fault()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers(_ => throw new HttpRequestException("gone"));
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<HttpRequestException>().With.Message.Contain("token endpoint").And.Message.Contain("gone")
        );
        server.Answers(Tokens("at-2"));
        server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(await TokenAsync(server), Is.EqualTo("at-2"));
        Assert.That(server.Requests.Select(request => request["refresh_token"]), Is.All.EqualTo("rt-1"));
    }

    [TestCase(503, "", null)]
    [TestCase(429, """{"error":"slow_down"}""", "slow_down")]
    [TestCase(400, """{"error":"invalid_request"}""", "invalid_request")]
    [TestCase(401, """{"error":"invalid_client"}""", "invalid_client")]
    [TestCase(400, """{"error":"INVALID_GRANT"}""", "INVALID_GRANT")]
    [Description("RFC 6749 §5.2: any error except invalid_grant is propagated and leaves the grant usable")]
    public async Task Other_errors(int status, string body, string? error)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers(body, status);
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.StatusCode))
                .EqualTo((HttpStatusCode)status)
                .And.Property(nameof(EndpointException.Error))
                .EqualTo(error)
        );
        server.Answers(Tokens("at-2"));
        server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(await TokenAsync(server), Is.EqualTo("at-2"));
    }

    [Test]
    [Description("OpenID Connect Core §12.2: a refreshed ID Token of the same user is adopted, without a nonce")]
    public async Task Refreshed_ID_Token()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var before = await host.SignedInAsync();
        host.Clock.Advance(Hour);
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        var after = (await host.Client.FindGrantAsync(GrantOwner.User("42")))!;
        Assert.That(after.IdToken, Is.Not.EqualTo(before.IdToken));
        Assert.That(after.Subject, Is.EqualTo("alice"));
        Assert.That(after.IdTokenClaims!.Value.TryGetProperty("nonce", out _), Is.False);
    }

    [Test]
    [Description(
        "OpenID Connect Core §12.2: with an ID Token of another user nothing of the response is used, and the grant ends, whether or not "
            + "the keys can be fetched"
    )]
    public async Task Refreshed_ID_Token_of_another_user([Values] bool keysReachable)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Options.OnIdTokenClaims = claims => claims["sub"] = "mallory";
        if (!keysReachable)
        {
            host.Server.RotateSigningKey();
            host.Server.Faults.Add(TestEndpoint.Jwks, Fault.Status(503));
        }
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>().With.InnerException.TypeOf<OAuthProtocolException>()
        );
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        Assert.That(await host.Store.FindAsync(OAuthTestHost.ClientName, GrantOwner.User("42"), default), Is.Empty);
    }

    private static IEnumerable<TestCaseData> Outages()
    {
        yield return new TestCaseData(Fault.Status(503)).SetArgDisplayNames("503");
        yield return new TestCaseData(Fault.ResetBeforeWork()).SetArgDisplayNames("reset");
    }

    [TestCaseSource(nameof(Outages))]
    [Description(
        "Token lifecycle 5: the refresh token is used up, so an outage of the key endpoint must not lose its successor. The ID "
            + "Token that cannot be validated is not adopted"
    )]
    public async Task Keys_unavailable(Fault outage)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var before = await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.RotateSigningKey();
        host.Server.Faults.Add(TestEndpoint.Jwks, outage);

        var token = await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));

        var after = (await host.Client.FindGrantAsync(GrantOwner.User("42")))!;
        Assert.That(after.AccessToken, Is.EqualTo(token));
        Assert.That(after.RefreshToken, Is.Not.EqualTo(before.RefreshToken));
        Assert.That(after.IdToken, Is.EqualTo(before.IdToken));
        host.Clock.Advance(Hour);
        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.Nothing, "the successor was kept");
    }

    [Test]
    [Description("Threat: JWT forgery. An ID Token with a wrong signature is left out; the rotated refresh token is kept")]
    public async Task Forged_ID_Token()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var before = await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Options.OnTokenResponse = response =>
        {
            string[] parts = response["id_token"]!.GetValue<string>().Split('.');
            response["id_token"] = $"{parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}";
        };
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.Not.EqualTo(before.AccessToken));
        var after = (await host.Client.FindGrantAsync(GrantOwner.User("42")))!;
        Assert.That(after.RefreshToken, Is.Not.EqualTo(before.RefreshToken));
        Assert.That(after.IdToken, Is.EqualTo(before.IdToken));
        Assert.That(host.Log.Events(305), Has.Count.EqualTo(1));
    }

    private static async Task<string> TokenAsync(ScriptedServer server) =>
        (await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal();
}
