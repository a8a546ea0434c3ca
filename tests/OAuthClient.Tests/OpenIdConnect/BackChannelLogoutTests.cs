using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>The server says by itself that a user signed out there (OpenID Connect Back-Channel Logout).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BackChannelLogoutTests
{
    private const string Bare = """{"alg":"RS256","kid":"key-1"}""";

    [TestCase(null, "laptop", 1, "phone")]
    [TestCase("alice", "laptop", 1, "phone")]
    [TestCase("alice", null, 2, "")]
    [TestCase("bob", "laptop", 0, "phone laptop")]
    [TestCase("alice", "another", 0, "phone laptop")]
    [TestCase(null, "another", 0, "phone laptop")]
    [Description(
        "Module rp-backchannel-rpinitlogout, §2.4: a sid ends that session, a sub alone all of the user's, both only what is both; nobody is signed in is no error"
    )]
    public async Task The_sessions_grants_end(string? subject, string? sessionId, int ended, string left)
    {
        await using OpenIdServer server = new();
        await server.SignInAsync("alice", "laptop");
        await server.SignInAsync("alice", "phone");
        await server.SignInAsync("bob", "bobs");

        Assert.That(
            await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken(subject: subject, sessionId: sessionId)),
            Is.EqualTo(ended)
        );

        Assert.That(await server.LeftAsync(), Is.EqualTo(left.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.That(await server.LeftAsync("bob"), Is.EqualTo(new[] { "bobs" }));
        Assert.That(server.Revoked, Is.Empty, "the server ends what it wants ended");
        Assert.That(server.Script.Log.Events(32), Has.Count.EqualTo(ended > 0 ? 1 : 0));
    }

    [Test]
    [Description(
        "§2.7: whoever owns them, also those that a user of the application's connected; one of which no session is known ends with its user's"
    )]
    public async Task Whoever_owns_them()
    {
        await using OpenIdServer server = new();
        await server.ConnectAsync(GrantOwner.User("42"), "alice", "s1");
        await server.ConnectAsync(GrantOwner.User("43"), "alice", sessionId: null);
        await server.ConnectAsync(GrantOwner.User("44"), "alice", "s2");
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken()), Is.EqualTo(2));
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("43")), Is.Null);
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("44")), Is.Not.Null);
    }

    [TestCase(Bare)]
    [TestCase("""{"alg":"RS256","kid":"key-1","typ":"JWT"}""")]
    [TestCase("""{"alg":"RS256","kid":"key-1","typ":"application/logout+jwt"}""")]
    [Description("§2.4: the type logout+jwt is recommended; servers older than that send JWT, or none")]
    public async Task Older_types(string header)
    {
        await using OpenIdServer server = new();
        await server.SignInAsync();
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken(header: header)), Is.EqualTo(1));
    }

    [Test]
    [Description("The same token again ends nothing, and is no error: a server that heard no answer sends it again")]
    public async Task The_same_token_again()
    {
        await using OpenIdServer server = new();
        await server.SignInAsync();
        string token = server.LogoutToken();
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.EqualTo(1));
        await server.SignInAsync("alice", "s2");
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.Zero);
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s2" }));
    }

    private static IEnumerable<TestCaseData> Defects()
    {
        yield return Case("alg none", "none", header: """{"alg":"none","typ":"logout+jwt"}""");
        yield return Case("wrong alg", "signed by 'HS256'", header: """{"alg":"HS256","kid":"key-1","typ":"logout+jwt"}""");
        yield return Case("an explicit other type", "typ", header: """{"alg":"RS256","kid":"key-1","typ":"at+jwt"}""");
        yield return Case("unknown key", "None of the server's keys", header: """{"alg":"RS256","kid":"key-2","typ":"logout+jwt"}""");
        yield return Case("critical extension", "crit", header: """{"alg":"RS256","kid":"key-1","crit":["b64"]}""");
        yield return Case("wrong iss", "iss", claims => claims["iss"] = "https://other.example");
        yield return Case("no iss", "iss", claims => claims.Remove("iss"));
        yield return Case("wrong aud", "aud", claims => claims["aud"] = "another");
        yield return Case("further aud", "aud", claims => claims["aud"] = new JsonArray("client", "another"));
        yield return Case("no aud", "aud", claims => claims.Remove("aud"));
        yield return Case("expired", "expired", claims => claims["exp"] = (long)claims["iat"]! - 61);
        yield return Case("no exp", "exp", claims => claims.Remove("exp"));
        yield return Case("from the future", "future", claims => claims["iat"] = (long)claims["iat"]! + 62);
        yield return Case("old", "5 minutes", claims => claims["iat"] = (long)claims["iat"]! - 361);
        yield return Case("no iat", "iat", claims => claims.Remove("iat"));
        yield return Case("no jti", "jti", claims => claims.Remove("jti"));
        yield return Case("no events", "events", claims => claims.Remove("events"));
        yield return Case(
            "wrong event",
            "events",
            claims =>
                claims["events"] = new JsonObject
                {
                    ["https://schemas.openid.net/secevent/risc/event-type/account-disabled"] = new JsonObject(),
                }
        );
        yield return Case(
            "event without object",
            "events",
            claims => claims["events"] = new JsonObject { [OpenIdServer.LogoutEvent] = true }
        );
        yield return Case("events in a list", "events", claims => claims["events"] = new JsonArray(OpenIdServer.LogoutEvent));
        yield return Case("nonce", "nonce", claims => claims["nonce"] = "n");
        yield return Case("null nonce", "nonce", claims => claims["nonce"] = null);
        yield return Case(
            "nobody",
            "neither sub nor sid",
            claims =>
            {
                claims.Remove("sub");
                claims.Remove("sid");
            }
        );
        yield return Case("sub of another kind", "sub", claims => claims["sub"] = 42);
        yield return Case("size", "longer than", claims => claims["padding"] = new string('p', 64 * 1024));
    }

    [TestCaseSource(nameof(Defects))]
    [Description("Modules rp-backchannel-rpinitlogout-…, §2.6: with exactly one thing wrong the token is refused, and the session stays")]
    public async Task A_defect_is_refused(string header, Action<JsonObject>? change, string sentence)
    {
        await using OpenIdServer server = new();
        await server.SignInAsync();
        var refusal = Assert.ThrowsAsync<OAuthProtocolException>(() =>
            server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken(change, header))
        );
        Assert.That(refusal!.Message, Does.Contain(sentence));
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [TestCase(60, 120)]
    [TestCase(0, -59)]
    [TestCase(-360, -59)]
    [Description("§2.6: clocks may differ by a minute")]
    public async Task Clocks_may_differ(int issuedAt, int expiresAt)
    {
        await using OpenIdServer server = new();
        await server.SignInAsync(claims: claims => claims["iat"] = (long)claims["iat"]! + Math.Min(issuedAt, 0));
        long now = server.Script.Clock.GetUtcNow().ToUnixTimeSeconds();
        string token = server.LogoutToken(claims => (claims["iat"], claims["exp"]) = (now + issuedAt, now + expiresAt));
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.EqualTo(1));
    }

    [Test]
    [Description("§4.1, cross-JWT confusion: an ID Token, which browsers see, signs nobody out; garbage neither")]
    public async Task An_ID_Token_is_no_logout_token()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        Assert.That(
            async () => await server.Logout.ProcessBackChannelLogoutAsync(grant.IdToken!.Reveal()),
            Throws.TypeOf<OAuthProtocolException>()
        );
        string good = server.LogoutToken();
        int signature = good.LastIndexOf('.') + 1;
        string tampered = $"{good[..signature]}{(good[signature] == 'A' ? 'B' : 'A')}{good[(signature + 1)..]}";
        foreach (string garbage in new[] { "", "...", "a.b.c", tampered, good + ".x.y" })
            Assert.That(async () => await server.Logout.ProcessBackChannelLogoutAsync(garbage), Throws.TypeOf<OAuthProtocolException>());
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "s1" }));
    }

    [Test]
    [Description("§4.1, the other way round: a logout token is no ID Token, though the same key signed it")]
    public async Task A_logout_token_is_no_ID_Token()
    {
        await using OpenIdServer server = new();
        var (pending, response) = await server.AnsweredAsync("alice", "s1");
        string token = server.LogoutToken(claims =>
            claims["nonce"] = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["nonce"].ToString()
        );
        server.Script.Answers(sentRequest =>
            sentRequest.Uri.AbsolutePath == "/token"
                ? ScriptedServer.Json(200, $$"""{"access_token":"at","token_type":"Bearer","id_token":"{{token}}"}""")
                : server.Answer(sentRequest)
        );
        Assert.That(
            async () => await server.SignIn.CompleteAsync(pending, response),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("typ")
        );
    }

    [Test]
    [Description(
        "Rotation race: a refresh that is at the server at that moment does not bring the grant back, and nobody gets what it brought"
    )]
    public async Task A_refresh_under_way()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        server.Script.Clock.Advance(TimeSpan.FromHours(1));
        TaskCompletionSource asked = new();
        TaskCompletionSource release = new();
        server.Script.AnswersAsync(async sentRequest =>
        {
            if (sentRequest.Uri.AbsolutePath == "/token")
            {
                asked.SetResult();
                await release.Task;
            }
            return server.Answer(sentRequest);
        });
        var refresh = server.Client.GetAccessTokenAsync(grant.Owner).AsTask();
        await asked.Task.Promptly();

        Assert.That(
            await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken()).Promptly(),
            Is.EqualTo(1),
            "it is not waited for"
        );
        release.SetResult();

        Assert.That(async () => await refresh.Promptly(), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(await server.LeftAsync(), Is.Empty);
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(grant.Owner).Promptly(),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
    }

    [Test]
    [Description("A refreshed grant that the store has not taken, and that lives in this node's memory, ends too")]
    public async Task What_the_store_has_not_taken()
    {
        FailingStore? store = null;
        await using OpenIdServer server = new(registerFirst: services =>
            services.AddSingleton<IGrantStore>(store = new FailingStore(new InMemoryGrantStore(new ManualTimeProvider())))
        );
        var grant = await server.SignInAsync();
        server.Script.Clock.Advance(TimeSpan.FromHours(1));
        store!.RefusesToSave = true;
        await server.Client.GetAccessTokenAsync(grant.Owner);

        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken()), Is.EqualTo(1));
        store.RefusesToSave = false;
        Assert.That(async () => await server.Client.GetAccessTokenAsync(grant.Owner), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(server.Script.Services.GetRequiredService<ClientHealth>().GetProblems(), Is.Empty);
    }

    [Test]
    [Description("What the store does not let go of is an error, so that the server tries again")]
    public async Task The_store_fails()
    {
        FailingStore? store = null;
        await using OpenIdServer server = new(registerFirst: services =>
            services.AddSingleton<IGrantStore>(store = new FailingStore(new InMemoryGrantStore(new ManualTimeProvider())))
        );
        await server.SignInAsync();
        store!.RefusesToRemove = true;
        string token = server.LogoutToken();
        Assert.That(async () => await server.Logout.ProcessBackChannelLogoutAsync(token), Throws.TypeOf<IOException>());
        store.RefusesToRemove = false;
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(token), Is.EqualTo(1));
    }

    [Test]
    [Description("Threat: one user's grants to another. The same subject for another client, or at another server, is another's")]
    public async Task Another_clients_subject()
    {
        await using OpenIdServer server = new();
        foreach (var (id, origin, client) in new[] { ("g1", ScriptedServer.Origin, "another"), ("g2", "https://other.example", "client") })
            await server.Store.AddAsync(
                new Grant(id, "", GrantOwner.User("42"), origin, client) { Subject = "alice", SessionId = "s1" },
                default
            );
        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken()), Is.Zero);
        Assert.That(await server.Store.FindAsync("", GrantOwner.User("42"), default), Has.Count.EqualTo(2));
    }

    [Test]
    [Description("Without a known issuer nothing can be checked")]
    public async Task Without_issuer()
    {
        await using ScriptedServer server = new();
        var logout = server.Services.GetRequiredService<OpenIdLogout>();
        Assert.That(
            async () => await logout.ProcessBackChannelLogoutAsync("a.b.c"),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("Set Issuer")
        );
    }

    private static TestCaseData Case(
        string name,
        string sentence,
        Action<JsonObject>? change = null,
        string header = """{"alg":"RS256","kid":"key-1","typ":"logout+jwt"}"""
    ) => new TestCaseData(header, change, sentence).SetArgDisplayNames(name);
}
