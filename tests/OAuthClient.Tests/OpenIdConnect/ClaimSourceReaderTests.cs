using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.SignedServer;

namespace OAuthClient.Tests;

/// <summary>Tests the reading of aggregated and distributed claims (OpenID Connect Core §5.6.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClaimSourceReaderTests
{
    private const string Endpoint = "https://claims.example/here";

    [Test]
    [Description(
        "OpenID Connect Core §5.6.2.2: distributed claims are fetched only on demand, with the source's access token and "
            + "not the user's"
    )]
    public async Task Distributed_claims_are_fetched_on_demand()
    {
        await using var server = await SignedInAsync();
        var source = await SourceAsync(server, new() { ["endpoint"] = Endpoint, ["access_token"] = "token-of-the-source" });
        Assert.That(server.Requests.Select(sentRequest => sentRequest.Uri.Host), Has.None.EqualTo("claims.example"));

        server.Says(
            TestKey.AnotherRsa.Sign(
                "RS256",
                "{\"alg\":\"RS256\"}",
                """{"iss":"https://claims.example","credit_score":"650","email":"not-asked-for"}"""
            )
        );
        var claims = await Reader(server).ReadAsync(source);

        Assert.That(claims["credit_score"], Is.EqualTo("650"));
        Assert.That(claims["email"], Is.Null, "the server does not attribute this claim to the source");
        Assert.That(claims.Claims.GetProperty("email").GetString(), Is.EqualTo("not-asked-for"));
        Assert.That(claims.Issuer, Is.EqualTo("https://claims.example"));
        Assert.That(claims.IsVerified, Is.False, "the issuer's key is not known");
        Assert.That(claims.Source, Is.SameAs(source));
        Assert.That(claims.ToString(), Is.EqualTo("Claims of s"));
        var request = server.Requests[^1];
        Assert.That(request.Uri, Is.EqualTo(new Uri(Endpoint)));
        Assert.That(request.Authorization, Is.EqualTo("Bearer token-of-the-source"));
        Assert.That(request.Accept, Is.EqualTo("application/jwt"));
    }

    [Test]
    [Description("OpenID Connect Core §5.6.2.2: a source without an access token receives none, in particular not the user's")]
    public async Task A_source_without_a_token_receives_none()
    {
        await using var server = await SignedInAsync();
        var source = await SourceAsync(server, new() { ["endpoint"] = Endpoint });
        server.Says(Sign(Claims()));
        await Reader(server).ReadAsync(source);
        Assert.That(server.Requests.Single(sentRequest => sentRequest.Uri.Host == "claims.example").Authorization, Is.Null);
    }

    [Test]
    [Description("OpenID Connect Core §5.6.2.1: aggregated claims need no request")]
    public async Task Aggregated_claims_need_no_request()
    {
        await using var server = await SignedInAsync();
        var source = await SourceAsync(
            server,
            new() { ["JWT"] = TestKey.AnotherRsa.Sign("RS256", "{\"alg\":\"RS256\"}", """{"credit_score":"650"}""") }
        );
        int before = server.Requests.Count;
        var claims = await Reader(server).ReadAsync(source);
        Assert.That(claims["credit_score"], Is.EqualTo("650"));
        Assert.That((claims.IsVerified, claims.Issuer), Is.EqualTo((false, (string?)null)));
        Assert.That(server.Requests, Has.Count.EqualTo(before));
    }

    [Test]
    [Description(
        "RFC 7515 §5.2: claims that the client's authorization server issues are verified with its keys, and rejected "
            + "when another key signed them"
    )]
    public async Task Claims_of_the_authorization_server_are_verified()
    {
        await using var server = await SignedInAsync();
        var source = await SourceAsync(server, new() { ["JWT"] = Sign(Claims(("credit_score", "650"))) });
        Assert.That((await Reader(server).ReadAsync(source)).IsVerified, Is.True);

        var forged = await SourceAsync(
            server,
            new() { ["JWT"] = TestKey.AnotherRsa.Sign("RS256", "{\"alg\":\"RS256\"}", Claims().ToJsonString()) }
        );
        Assert.That(
            async () => await Reader(server).ReadAsync(forged),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("does not verify")
        );
    }

    [TestCase("sub", "mallory")]
    [TestCase("aud", "another-client")]
    [TestCase("exp", "1")]
    [Description(
        "Threat: a source replays a token of the same server. Claims of another user, of another client, or that have "
            + "expired are not verified"
    )]
    public async Task Another_token_of_the_authorization_server_is_not_verified(string claim, string value)
    {
        await using var server = await SignedInAsync();
        JsonNode written = claim is "exp" ? JsonValue.Create(1) : JsonValue.Create(value);
        var source = await SourceAsync(server, new() { ["JWT"] = Sign(Claims((claim, written))) });

        Assert.That((await Reader(server).ReadAsync(source)).IsVerified, Is.False);
    }

    [TestCase("http://claims.example/here")]
    [TestCase("http://169.254.169.254/latest")]
    [Description("Threats: cleartext, SSRF. An endpoint that is not https, or has a private address, receives no request")]
    public async Task An_unsafe_endpoint_is_not_called(string endpoint)
    {
        await using var server = await SignedInAsync();
        var source = await SourceAsync(server, new() { ["endpoint"] = endpoint, ["access_token"] = "token-of-the-source" });
        int before = server.Requests.Count;
        Assert.That(
            async () => await Reader(server).ReadAsync(source),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("https")
        );
        Assert.That(server.Requests, Has.Count.EqualTo(before));
    }

    [TestCase("eyJhbGciOiJub25lIn0.e30.", 200, typeof(OAuthProtocolException))]
    [TestCase("a.b", 200, typeof(OAuthProtocolException))]
    [TestCase("{\"credit_score\":\"650\"}", 200, typeof(EndpointException))]
    [TestCase("", 200, typeof(EndpointException))]
    [TestCase("{\"error\":\"invalid_token\",\"error_description\":\"token-of-the-source is over\"}", 401, typeof(EndpointException))]
    [Description("OpenID Connect Core §5.6.2: a response that is not a signed JWT causes an OAuthException that contains no token")]
    public async Task Another_response_is_rejected(string body, int status, Type exception)
    {
        await using var server = await SignedInAsync();
        var source = await SourceAsync(server, new() { ["endpoint"] = Endpoint, ["access_token"] = "token-of-the-source" });
        server.Says(body, status: status);
        Assert.That(
            async () => await Reader(server).ReadAsync(source),
            Throws.TypeOf(exception).With.Message.Not.Contains("token-of-the-source")
        );
    }

    [Test]
    [Description("OpenID Connect Core §5.6.2: an ID Token may name sources as well; the reader of a named client is a keyed service")]
    public async Task Sources_of_the_ID_Token_are_read()
    {
        await using var server = await SignedInAsync();
        Assert.That((await server.Client.FindGrantAsync(GrantOwner.User("42")))!.ClaimSources, Is.Empty);
        Assert.That(server.Services.GetRequiredKeyedService<ClaimSourceReader>(""), Is.SameAs(Reader(server)));
    }

    private static ClaimSourceReader Reader(ScriptedServer server) => server.Services.GetRequiredService<ClaimSourceReader>();

    private static async Task<ClaimSource> SourceAsync(ScriptedServer server, JsonObject source)
    {
        JsonObject claims = new()
        {
            ["sub"] = "alice",
            ["_claim_names"] = new JsonObject { ["credit_score"] = "s" },
            ["_claim_sources"] = new JsonObject { ["s"] = source },
        };
        server.Says(claims.ToJsonString(), "application/json");
        return (await server.Client.GetUserInfoAsync(GrantOwner.User("42"))).ClaimSources.Single();
    }
}
