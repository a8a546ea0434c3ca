using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Tests a refresh that the server refuses until it has interacted with the user (OpenID Connect Core §3.1.2.6), and the words that servers
/// use in place of <c>invalid_grant</c> (RFC 6749 §5.2).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class InteractionRequiredTests
{
    private const string Claims = """{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}""";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [TestCase("""{"error":"interaction_required"}""")]
    [TestCase("""{"error":"login_required"}""")]
    [TestCase("""{"error":"consent_required"}""")]
    [TestCase("""{"error":"account_selection_required"}""")]
    [TestCase("""{"error":"invalid_grant","suberror":"consent_required"}""")]
    [TestCase("""{"error":"invalid_grant","suberror":"basic_action"}""")]
    [TestCase("""{"error":"invalid_grant","claims":"{\"access_token\":{}}"}""")]
    [TestCase("""{"error":{"code":"interaction_required","message":"MFA"}}""")]
    [Description("The exception is for the refused selection only: the grant and its other tokens stay")]
    public async Task Only_the_selection_needs_an_authorization(string refusal)
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b"]);
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Answers(refusal, 400);

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["b"] }),
            Throws
                .TypeOf<ReauthorizationRequiredException>()
                .With.Property("Scopes")
                .EqualTo(new[] { "b" })
                .And.InnerException.TypeOf<TokenEndpointException>()
        );
        Assert.That(await server.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(grant.AccessToken));
        Assert.That(server.Log.Events(304), Is.Empty);
        Assert.That(server.Log.Events(357), Has.Count.EqualTo(1));

        // The refresh token is presented for the next selection.
        server.Answers(Tokens("at-2", "rt-2"));
        Assert.That(
            (await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["a"] })).Reveal(),
            Is.EqualTo("at-2")
        );
        Assert.That(server.Requests.Select(request => request["refresh_token"]), Is.EqualTo(new[] { "rt-1", "rt-1" }));
    }

    [Test]
    [Description("An access token that is still valid is served although its early refresh needs the user")]
    public async Task A_valid_access_token_is_served()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1", expiresIn: 100));
        server.Answers("""{"error":"interaction_required"}""", 400);
        server.Clock.Advance(TimeSpan.FromSeconds(90));

        Assert.That(await server.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(grant.AccessToken));
        await Eventually.UntilAsync(() => server.Log.Events(357).Count == 1);
        Assert.That(await server.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(grant.AccessToken));
    }

    [Test]
    [Description("Over real sockets: the claims of the refusal go into the next authorization, and then the server issues the token")]
    public async Task An_authorization_with_the_claims_satisfies_the_server()
    {
        await using var host = await OAuthTestHost.StartAsync(server: o =>
            o.ClaimsRequiredAtRefresh["photos.read"] = System.Text.Json.Nodes.JsonNode.Parse(Claims)!.AsObject()
        );
        var grant = await host.SignedInAsync();

        var exception = Assert.ThrowsAsync<ReauthorizationRequiredException>(async () =>
            await host.Client.GetAccessTokenAsync(grant.Owner, new() { Scopes = ["photos.read"] })
        )!;
        Assert.That(exception.Scopes, Is.EqualTo(new[] { "photos.read" }));
        Assert.That(exception.Claims, Is.EqualTo(Claims));
        Assert.That(
            (await host.Client.GetAccessTokenAsync(grant.Owner, new() { Scopes = ["api"] })).Scopes,
            Is.EqualTo(new[] { "api" }),
            "the grant stays"
        );

        await host.SignInAsync(parameters: new() { Claims = exception.Claims });
        Assert.That(
            (await host.Client.GetAccessTokenAsync(grant.Owner, new() { Scopes = ["photos.read"] })).Scopes,
            Is.EqualTo(new[] { "photos.read" })
        );
    }

    private static IEnumerable<TestCaseData> StatedClaims()
    {
        string escaped = System.Text.Json.JsonSerializer.Serialize(Claims);
        yield return new TestCaseData(escaped, Claims).SetArgDisplayNames("text");
        yield return new TestCaseData(Claims, Claims).SetArgDisplayNames("object");
        yield return new TestCaseData("\"no JSON\"", null).SetArgDisplayNames("no JSON");
        yield return new TestCaseData("[1]", null).SetArgDisplayNames("array");
        yield return new TestCaseData("\"[1]\"", null).SetArgDisplayNames("text of an array");
        yield return new TestCaseData("""{"a":1,"a":2}""", null).SetArgDisplayNames("member twice");
        yield return new TestCaseData($$"""{"a":"{{new string('x', 9000)}}"}""", null).SetArgDisplayNames("too long");
        yield return new TestCaseData("""{"a":"the-client-secret"}""", null).SetArgDisplayNames("an echoed secret");
        yield return new TestCaseData("null", null).SetArgDisplayNames("null");
    }

    [TestCaseSource(nameof(StatedClaims))]
    [Description("OpenID Connect Core §5.5: what the server wants comes with the exception, if it is a JSON object that can be sent")]
    public async Task The_exception_carries_the_claims(string stated, string? claims)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers($$"""{"error":"interaction_required","claims":{{stated}},"acr_values":"urn:mfa gold","scope":"c d"}""", 400);

        var exception = Assert.ThrowsAsync<ReauthorizationRequiredException>(async () =>
            await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))
        )!;
        Assert.That(exception.Claims, Is.EqualTo(claims));
        Assert.That(exception.AcrValues, Is.EqualTo(new[] { "urn:mfa", "gold" }));
        Assert.That(exception.Scopes, Is.EqualTo(new[] { "c", "d" }));
        Assert.That(exception.ToString(), Does.Not.Contain("the-client-secret"));
        if (claims is null)
            return;
        var pending = await server.Client.BeginAuthorizationAsync(new() { Claims = exception.Claims });
        Assert.That(QueryPairs.Single(pending.AuthorizationUri)["claims"], Is.EqualTo(claims));
    }

    [TestCase("no JSON", "not a JSON object")]
    [TestCase("[]", "not a JSON object")]
    [TestCase("""{"a":1,"a":2}""", "twice")]
    [Description("OpenID Connect Core §5.5: the claims parameter is a JSON object")]
    public async Task Invalid_claims_are_refused(string claims, string said)
    {
        await using ScriptedServer server = new();
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(new() { Claims = claims }),
            Throws.ArgumentException.With.Message.Contain(said)
        );
    }

    [Test]
    [Description("RFC 6749 §3.1: no parameter twice. Claims of one authorization replace those of the options")]
    public async Task Claims_occur_once()
    {
        await using ScriptedServer server = new(o => o.AuthorizationParameters["claims"] = """{"userinfo":{}}""");
        var pending = await server.Client.BeginAuthorizationAsync(new() { Claims = Claims });
        Assert.That(QueryPairs.Single(pending.AuthorizationUri)["claims"], Is.EqualTo(Claims));
        Assert.That(
            async () =>
                await server.Client.BeginAuthorizationAsync(
                    new()
                    {
                        Claims = Claims,
                        Additional = new Dictionary<string, string>(StringComparer.Ordinal) { ["claims"] = "{}" },
                    }
                ),
            Throws.ArgumentException
        );
    }

    [TestCase(200, """{"error":"bad_refresh_token","error_description":"The refresh token passed is incorrect or expired."}""")]
    [TestCase(400, """{"status":"BAD_REFRESH_TOKEN","message":"missing or unknown refresh token"}""")]
    [TestCase(200, """{"ok":false,"error":"invalid_refresh_token"}""")]
    [TestCase(400, """{"error":"invalid_token","error_description":"The token expired, was revoked, or is incorrect"}""")]
    [TestCase(401, """{"errors":[{"errorType":"invalid_grant","message":"Refresh token invalid"}],"success":false}""")]
    [TestCase(400, """{"error":{"code":"invalid_grant","message":"expired"}}""")]
    [TestCase(200, "error=bad_refresh_token&error_description=expired")]
    [Description("RFC 6749 §5.2: the words of well-known servers for a dead refresh token end the grant")]
    public async Task A_word_in_place_of_invalid_grant_ends_the_grant(int status, string body)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers(body, status);

        for (int i = 0; i < 2; i++)
        {
            Assert.That(
                async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
                Throws.TypeOf<ReauthorizationRequiredException>()
            );
            server.Clock.Advance(Hour);
        }
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        Assert.That(server.Log.Events(304), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Further words are an option; the message contains the server's word")]
    public async Task Another_word_is_an_option()
    {
        await using ScriptedServer server = new(o => o.Adaptation.ErrorCodes["42002"] = "invalid_grant");
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers("""{"errcode":42002,"errmsg":"refresh_token expired"}""");

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws
                .TypeOf<ReauthorizationRequiredException>()
                .With.InnerException.Message.Contain("invalid_grant (the server's word is '42002') (\"refresh_token expired\")")
        );
    }
}
