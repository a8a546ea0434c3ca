using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Requests of callers who are not authenticated make the client fetch metadata and keys a bounded number of times.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AnonymousFetchTests
{
    private const int Many = 1000;
    private static readonly TimeSpan FiveSeconds = TimeSpan.FromSeconds(5);

    // With another issuer: refused (RFC 8414 §3.3).
    private const string Refused = """{"issuer":"https://other.example"}""";

    private static readonly string Good = new JsonObject
    {
        ["issuer"] = ScriptedServer.Origin,
        ["authorization_endpoint"] = ScriptedServer.Origin + "/authorize",
        ["token_endpoint"] = ScriptedServer.Origin + "/token",
        ["jwks_uri"] = ScriptedServer.Origin + "/jwks",
    }.ToJsonString();

    private static IEnumerable<TestCaseData> Failures()
    {
        yield return new TestCaseData(200, Refused).SetArgDisplayNames("refused");
        yield return new TestCaseData(200, "<html>").SetArgDisplayNames("no JSON");
        yield return new TestCaseData(404, "").SetArgDisplayNames("404");
        yield return new TestCaseData(500, "").SetArgDisplayNames("500");
    }

    [TestCaseSource(nameof(Failures))]
    [Description("Back-Channel Logout §2.6, unusable metadata are fetched once for 1,000 logout tokens, and again after five seconds")]
    public async Task Metadata_that_cannot_be_used(int status, string body)
    {
        await using var server = Discovering();
        server.Answers(body, status);
        for (int i = 0; i < Many; i++)
            Assert.That(() => ProcessBackChannelLogoutAsync(server), Throws.InstanceOf<OAuthException>());
        int fetches = server.Requests.Count;
        Assert.That(fetches, Is.LessThanOrEqualTo(2), "both well-known addresses at most");

        server.Answers(Good);
        server.Clock.Advance(FiveSeconds);
        await server.Client.BeginAuthorizationAsync().Promptly();
    }

    [Test]
    [Description("OpenID Connect Core §4: the same for 1,000 logins that anyone begins")]
    public async Task Logins_begun_by_anyone()
    {
        await using var server = Discovering();
        server.Answers(Refused);
        for (int i = 0; i < Many; i++)
            Assert.That(() => server.Client.BeginAuthorizationAsync().Promptly(), Throws.TypeOf<OAuthProtocolException>());
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A corrected configuration is tried at once, whatever failed before")]
    public async Task A_corrected_configuration_is_tried_at_once()
    {
        string issuer = "https://wrong.example";
        await using var server = Discovering(o => o.Issuer = new(issuer));
        server.Answers(Good);
        Assert.That(() => server.Client.BeginAuthorizationAsync().Promptly(), Throws.TypeOf<OAuthProtocolException>());
        issuer = ScriptedServer.Origin;
        // The options may be a second old.
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        server.Services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitorCache<OAuthClientOptions>>().Clear();
        await server.Client.BeginAuthorizationAsync().Promptly();
    }

    [TestCase(200, "<html>")]
    [TestCase(200, """{"keys":5}""")]
    [TestCase(404, "")]
    [Description("RFC 7517 §5: keys that cannot be had are asked for once by 1,000 logout tokens, and again after five seconds")]
    public async Task Keys_that_cannot_be_had(int status, string body)
    {
        await using OpenIdServer server = new();
        server.Script.Answers(body, status);
        for (int i = 0; i < Many; i++)
            Assert.That(() => ProcessBackChannelLogoutAsync(server.Script), Throws.InstanceOf<OAuthException>());
        Assert.That(server.Script.Requests, Has.Count.EqualTo(1));

        server.Script.Answers(server.Answer);
        server.Script.Clock.Advance(FiveSeconds);
        await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken()).Promptly();
    }

    [Test]
    [Description("RFC 7517 §4.5: 1,000 logout tokens with made-up key ids cost one fetch in ten seconds")]
    public async Task Made_up_key_ids()
    {
        await using OpenIdServer server = new();
        await server.SignInAsync();
        int before = server.Script.Requests.Count;
        for (int i = 0; i < Many; i++)
            Assert.That(() => ProcessBackChannelLogoutAsync(server.Script, $"made-up-{i}"), Throws.TypeOf<OAuthProtocolException>());
        Assert.That(server.Script.Requests, Has.Count.EqualTo(before + 1));
        server.Script.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.That(() => ProcessBackChannelLogoutAsync(server.Script), Throws.TypeOf<OAuthProtocolException>());
        Assert.That(server.Script.Requests, Has.Count.EqualTo(before + 2));
    }

    [TestCase("exp")]
    [TestCase("iat")]
    [TestCase("aud")]
    [TestCase("iss")]
    [TestCase("jti")]
    [TestCase("events")]
    [TestCase("sub")]
    [Description("Back-Channel Logout §2.6: the claims are checked first: 1,000 tokens without one cost no request and no query")]
    public async Task The_token_is_looked_at_first(string claim)
    {
        var store = CountingStore.Around(new InMemoryGrantStore(TimeProvider.System), out var counter);
        await using var server = Discovering(store: store);
        var logout = server.Services.GetRequiredService<OpenIdLogout>();
        for (int i = 0; i < Many; i++)
        {
            string token = LogoutTokens.Unsigned(server, change: claims => claims.Remove(claim));
            Assert.That(() => logout.ProcessBackChannelLogoutAsync(token), Throws.TypeOf<OAuthProtocolException>());
        }
        foreach (string garbage in new[] { "", "a.b.c", "a.b.c.d.e", new string('a', 100_000) })
            Assert.That(() => logout.ProcessBackChannelLogoutAsync(garbage), Throws.TypeOf<OAuthProtocolException>());
        Assert.That(server.Requests, Is.Empty);
        Assert.That(counter.Reads, Is.Zero);
    }

    [Test]
    [Description("A client that registers itself neither registers nor asks its store because of a logout token of another server")]
    public async Task A_logout_token_registers_no_client()
    {
        RegisteringServer registering = new();
        await using var node = registering.Node(options: o => (o.Issuer, o.TokenEndpoint) = (new(ScriptedServer.Origin), null));
        for (int i = 0; i < Many; i++)
        {
            string token = LogoutTokens.Unsigned(node, change: claims => claims["iss"] = "https://other.example");
            Assert.That(
                () => node.Services.GetRequiredService<OpenIdLogout>().ProcessBackChannelLogoutAsync(token),
                Throws.TypeOf<OAuthProtocolException>()
            );
        }
        Assert.That(node.Requests, Is.Empty);
    }

    private static ScriptedServer Discovering(Action<OAuthClientOptions>? options = null, IGrantStore? store = null) =>
        new(
            o =>
            {
                o.Issuer = new(ScriptedServer.Origin);
                (o.TokenEndpoint, o.AuthorizationEndpoint, o.RevocationEndpoint, o.UserInfoEndpoint) = (null, null, null, null);
                options?.Invoke(o);
            },
            registerFirst: services =>
            {
                if (store is not null)
                    services.AddSingleton(store);
            }
        );

    private static Task<int> ProcessBackChannelLogoutAsync(ScriptedServer server, string keyId = "made-up") =>
        server.Services.GetRequiredService<OpenIdLogout>().ProcessBackChannelLogoutAsync(LogoutTokens.Unsigned(server, keyId)).Promptly();
}
