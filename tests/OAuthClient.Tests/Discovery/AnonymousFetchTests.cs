using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests that requests of unauthenticated callers cause a bounded number of metadata and key set requests.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AnonymousFetchTests
{
    private const int Many = 1000;
    private static readonly TimeSpan FiveSeconds = TimeSpan.FromSeconds(5);

    // Names another issuer, so it is rejected (RFC 8414 §3.3).
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
        yield return new TestCaseData(200, Refused).SetArgDisplayNames("rejected");
        yield return new TestCaseData(200, "<html>").SetArgDisplayNames("no JSON");
        yield return new TestCaseData(404, "").SetArgDisplayNames("404");
        yield return new TestCaseData(500, "").SetArgDisplayNames("500");
    }

    [TestCaseSource(nameof(Failures))]
    [Description(
        "OpenID Connect Back-Channel Logout §2.6: unusable metadata is fetched once for 1,000 logout tokens, and again "
            + "after five seconds"
    )]
    public async Task Unusable_metadata_is_fetched_once_for_many_logout_tokens(int status, string body)
    {
        await using var server = Discovering();
        server.Answers(body, status);
        for (int i = 0; i < Many; i++)
            Assert.That(() => ProcessBackChannelLogoutAsync(server), Throws.InstanceOf<OAuthException>());
        int fetches = server.Requests.Count;
        Assert.That(fetches, Is.LessThanOrEqualTo(2), "at most both well-known addresses");

        server.Answers(Good);
        server.Clock.Advance(FiveSeconds);
        await server.Client.BeginAuthorizationAsync().Promptly();
    }

    [Test]
    [Description("OpenID Connect Core §4: unusable metadata is fetched once for 1,000 logins")]
    public async Task Unusable_metadata_is_fetched_once_for_many_logins()
    {
        await using var server = Discovering();
        server.Answers(Refused);
        for (int i = 0; i < Many; i++)
            Assert.That(() => server.Client.BeginAuthorizationAsync().Promptly(), Throws.TypeOf<OAuthProtocolException>());
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A corrected configuration is used at once, although an earlier one failed")]
    public async Task A_corrected_configuration_is_tried_at_once()
    {
        string issuer = "https://wrong.example";
        await using var server = Discovering(o => o.Issuer = new(issuer));
        server.Answers(Good);
        Assert.That(() => server.Client.BeginAuthorizationAsync().Promptly(), Throws.TypeOf<OAuthProtocolException>());
        issuer = ScriptedServer.Origin;
        // The options are cached for one second.
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        server.Services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitorCache<OAuthClientOptions>>().Clear();
        await server.Client.BeginAuthorizationAsync().Promptly();
    }

    [TestCase(200, "<html>")]
    [TestCase(200, """{"keys":5}""")]
    [TestCase(404, "")]
    [Description("RFC 7517 §5: an unavailable key set is fetched once for 1,000 logout tokens, and again after five seconds")]
    public async Task Unavailable_keys_are_fetched_once_for_many_logout_tokens(int status, string body)
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
    [Description("RFC 7517 §4.5: 1,000 logout tokens with invented key identifiers cause one fetch in ten seconds")]
    public async Task Unknown_key_identifiers_share_one_fetch()
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
    [Description(
        "OpenID Connect Back-Channel Logout §2.6: the claims are validated first; 1,000 invalid tokens cause no request "
            + "and no store query"
    )]
    public async Task The_claims_are_validated_before_any_request(string claim)
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
    [Description("A logout token of another server causes no dynamic client registration and no lookup of a registration")]
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
