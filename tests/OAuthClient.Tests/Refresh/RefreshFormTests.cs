using OAuthClient.Testing;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Tests a refresh whose response has a slip of form. The server has rotated the refresh token, so a response that is thrown away loses
/// the grant: a slip costs at most the access token (DESIGN, the life of a token, rule 6).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshFormTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static IEnumerable<TestCaseData> UsableResponses()
    {
        yield return Case("no token_type", """{"access_token":"at-2","refresh_token":"rt-2"}""");
        yield return Case("scope as an array", """{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","scope":["a"]}""");
        yield return Case("scope as a number", """{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","scope":5}""");
        yield return Case(
            "lifetime as a word",
            """{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","expires_in":"x"}"""
        );
        yield return Case(
            "lifetime as an object",
            """{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","expires_in":{}}"""
        );
        yield return Case("member twice", """{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","x":1,"x":2}""");
        yield return Case("lifetime twice", """{"access_token":"at-2","refresh_token":"rt-2","expires_in":60,"expires_in":60}""");
        yield return Case("form", "access_token=at-2&refresh_token=rt-2&token_type=bearer&expires_in=3600");
        yield return Case("id_token as a number", """{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","id_token":5}""");
        yield return Case("id_token as a word", """{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","id_token":"x"}""");
        yield return Case("error empty", """{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","error":""}""");

        static TestCaseData Case(string name, string body) => new TestCaseData(body).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(UsableResponses))]
    [Description("RFC 6749 §5.1, §6: the access token is used and the new refresh token is kept")]
    public async Task A_slip_of_form_costs_nothing(string body)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers(body);

        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
        Assert.That((await server.Client.FindGrantAsync(GrantOwner.User("42")))!.RefreshToken!.Reveal(), Is.EqualTo("rt-2"));
    }

    [TestCase("""{"access_token":"at-2","token_type":"mac","refresh_token":"rt-2"}""", "'mac'")]
    [TestCase("""{"access_token":"at-2","token_type":5,"refresh_token":"rt-2"}""", "token_type")]
    [TestCase("""{"access_token":5,"token_type":"Bearer","refresh_token":"rt-2"}""", "access_token")]
    [TestCase("""{"access_token":"a\nb","token_type":"Bearer","refresh_token":"rt-2"}""", "A.12")]
    [TestCase("""{"token_type":"Bearer","refresh_token":"rt-2"}""", "no access_token")]
    [TestCase("""{"access_token":"at-2","access_token":"at-3","token_type":"Bearer","refresh_token":"rt-2"}""", "'access_token' twice")]
    [TestCase("""{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","id_token":"x","id_token":"y"}""", "'id_token' twice")]
    [Description("An unusable access token costs this one call: the next one presents the refresh token of the response")]
    public async Task An_unusable_access_token_costs_one_call(string body, string said)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers(body);

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain(said).And.Message.Not.Contain("at-2")
        );
        Assert.That(server.Requests, Has.Count.EqualTo(1), "the spent refresh token is not presented again");

        server.Clock.Advance(RefreshBackoff.Pause);
        server.Answers(sent => Json(200, Tokens("at-4", sent["refresh_token"] == "rt-2" ? "rt-4" : null)));
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-4"));
        Assert.That((await server.Client.FindGrantAsync(GrantOwner.User("42")))!.RefreshToken!.Reveal(), Is.EqualTo("rt-4"));
    }

    [TestCase("null")]
    [TestCase("\"\"")]
    [TestCase("5")]
    [TestCase("[\"rt-2\"]")]
    [Description("RFC 6749 §6: without a readable refresh token in the response the old one stays")]
    public async Task An_unreadable_refresh_token_keeps_the_old_one(string refreshToken)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers($$"""{"access_token":"at-2","token_type":"Bearer","refresh_token":{{refreshToken}}}""");

        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
        Assert.That((await server.Client.FindGrantAsync(GrantOwner.User("42")))!.RefreshToken!.Reveal(), Is.EqualTo("rt-1"));
    }

    [TestCase("nonce", "\"of-another-login\"")]
    [TestCase("auth_time", "5")]
    [TestCase("at_hash", "\"AAAAAAAAAAAAAAAAAAAAAA\"")]
    [TestCase("azp", "\"another-client\"")]
    [TestCase("aud", "[\"photos\",\"another-client\"]")]
    [TestCase("sub", "null")]
    [TestCase("sub", "5")]
    [TestCase("iss", "null")]
    [TestCase("aud", "null")]
    [TestCase("exp", "\"soon\"")]
    [TestCase("iat", "null")]
    [Description(
        "OpenID Connect Core §12.2: an ID Token of another authentication, or one that cannot be verified, is left out at each refresh "
            + "and logged once for the grant. The first one stays"
    )]
    public async Task An_ID_Token_that_differs_is_left_out(string claim, string value)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Server.Options.OnIdTokenClaims = claims => claims[claim] = System.Text.Json.Nodes.JsonNode.Parse(value);

        for (int i = 0; i < 3; i++)
        {
            var before = await host.Client.FindGrantAsync(GrantOwner.User("42"));
            host.Clock.Advance(TimeSpan.FromHours(2));
            Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.Not.EqualTo(before!.AccessToken));
            var after = await host.Client.FindGrantAsync(GrantOwner.User("42"));
            Assert.That(after!.RefreshToken, Is.Not.EqualTo(before.RefreshToken));
            Assert.That(after.IdToken, Is.EqualTo(grant.IdToken));
        }
        Assert.That(host.Log.Events(305), Has.Count.EqualTo(1));
    }

    [TestCase("sub", "\"mallory\"")]
    [TestCase("iss", "\"https://other.example\"")]
    [TestCase("aud", "\"another-client\"")]
    [TestCase("aud", "[\"another-client\"]")]
    [Description(
        "OpenID Connect Core §12.2: tokens of another user, server or client are neither stored nor handed out; they are revoked, and the "
            + "grant ends"
    )]
    public async Task Tokens_of_another_identity_end_the_grant(string claim, string value)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.Options.OnIdTokenClaims = claims => claims[claim] = System.Text.Json.Nodes.JsonNode.Parse(value);
        List<string> issued = [];
        host.Server.Options.OnTokenResponse = response =>
            issued.AddRange([response["refresh_token"]!.GetValue<string>(), response["access_token"]!.GetValue<string>()]);

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws
                .TypeOf<ReauthorizationRequiredException>()
                .With.InnerException.TypeOf<OAuthProtocolException>()
                .And.InnerException.Message.Contains($"({claim})")
        );
        Assert.That(await host.Store.FindAsync(OAuthTestHost.ClientName, GrantOwner.User("42"), default), Is.Empty);
        Assert.That(host.Log.Events(355), Has.Count.EqualTo(1));
        await host.Server.WaitForRequestAsync(TestEndpoint.Revocation, 2).Promptly();
        Assert.That(host.Server.RequestsTo(TestEndpoint.Revocation).Select(request => request.Form["token"]), Is.EqualTo(issued));
        Assert.That(host.TokenRequests, Is.EqualTo(1), "nothing is sent with a token of the response");
    }

    [Test]
    [Description("Identity is judged before form: an unusable access token does not hide that the response is another user's")]
    public async Task Identity_is_judged_before_form()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.Options.OnIdTokenClaims = claims => claims["sub"] = "mallory";
        host.Server.Options.OnTokenResponse = response => response["token_type"] = "mac";

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(await host.Store.FindAsync(OAuthTestHost.ClientName, GrantOwner.User("42"), default), Is.Empty);
    }

    [Test]
    [Description("The keys are not waited for: a key endpoint that hangs does not delay the save of the refresh token")]
    public async Task A_key_endpoint_that_hangs_delays_nothing()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var grant = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(61));
        // Fetched before the refresh token is sent, and outdated when the response arrives.
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly();
        host.Clock.Advance(TimeSpan.FromMinutes(50));
        host.Server.ExpireAccessTokens();
        TaskCompletionSource release = new();
        host.Server.RotateSigningKey(keepPrevious: false);
        host.Server.Faults.Add(TestEndpoint.Jwks, Fault.HoldUntil(release.Task));

        var known = await host.Client.FindGrantAsync(GrantOwner.User("42"));
        var token = await host.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { RejectedToken = known!.AccessToken }).Promptly();
        var after = await host.Client.FindGrantAsync(GrantOwner.User("42"));
        release.SetResult();

        Assert.That(after!.AccessToken, Is.EqualTo(token));
        Assert.That(after.RefreshToken, Is.Not.EqualTo(known.RefreshToken));
        Assert.That(after.Subject, Is.EqualTo(grant.Subject));
    }
}
