using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.SignedServer;

namespace OAuthClient.Tests;

/// <summary>Claims of another source are fetched when asked for, and only then; whose signature is not known is said to be unverified (OpenID Connect Core §5.6.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClaimSourceReaderTests
{
    private const string Endpoint = "https://claims.example/here";

    [Test]
    [Description("OpenID Connect Core §5.6.2.2: nothing is fetched until it is asked for; then with the source's token and not the user's")]
    public async Task Distributed_claims_are_fetched_when_asked_for()
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
        Assert.That(claims["email"], Is.Null, "the server did not say that this source has it");
        Assert.That(claims.Claims.GetProperty("email").GetString(), Is.EqualTo("not-asked-for"));
        Assert.That(claims.Issuer, Is.EqualTo("https://claims.example"));
        Assert.That(claims.IsVerified, Is.False, "whose key that is nobody said");
        Assert.That(claims.Source, Is.SameAs(source));
        Assert.That(claims.ToString(), Is.EqualTo("Claims of s"));
        var request = server.Requests[^1];
        Assert.That(request.Uri, Is.EqualTo(new Uri(Endpoint)));
        Assert.That(request.Authorization, Is.EqualTo("Bearer token-of-the-source"));
        Assert.That(request.Accept, Is.EqualTo("application/jwt"));
    }

    [Test]
    [Description("OpenID Connect Core §5.6.2.2: without a token of its own a source gets none, least of all the user's")]
    public async Task A_source_without_token_gets_none()
    {
        await using var server = await SignedInAsync();
        var source = await SourceAsync(server, new() { ["endpoint"] = Endpoint });
        server.Says(Sign(Claims()));
        await Reader(server).ReadAsync(source);
        Assert.That(server.Requests.Single(sentRequest => sentRequest.Uri.Host == "claims.example").Authorization, Is.Null);
    }

    [Test]
    [Description("OpenID Connect Core §5.6.2.1: aggregated claims came along, and nothing is sent for them")]
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
        "RFC 7515 §5.2: claims of the client's own server are checked against its keys, and refused when somebody else signed them"
    )]
    public async Task Claims_of_the_own_server_are_verified()
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
        "Threat: a source answers with a token of the same server that is not this user's, not for this client, or over: that is no verified claim of theirs"
    )]
    public async Task Another_token_of_the_own_server_proves_nothing(string claim, string value)
    {
        await using var server = await SignedInAsync();
        JsonNode written = claim is "exp" ? JsonValue.Create(1) : JsonValue.Create(value);
        var source = await SourceAsync(server, new() { ["JWT"] = Sign(Claims((claim, written))) });

        Assert.That((await Reader(server).ReadAsync(source)).IsVerified, Is.False);
    }

    [TestCase("http://claims.example/here")]
    [TestCase("http://169.254.169.254/latest")]
    [Description("Threat: cleartext, SSRF. A source is asked over https, or not at all: 0 requests")]
    public async Task An_unsafe_endpoint_is_not_asked(string endpoint)
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
    [Description(
        "OpenID Connect Core §5.6.2: a source answers with a signed JWT; another answer is an exception of ours that quotes no token"
    )]
    public async Task Another_answer_is_refused(string body, int status, Type exception)
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
    [Description("OpenID Connect Core §5.6.2: the ID Token may name sources too; a client beside others is asked by its name")]
    public async Task Of_the_grant()
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
