using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests signed introspection responses (RFC 9701).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class IntrospectionJwtValidatorTests
{
    private const string Type = "token-introspection+jwt";

    [TestCase("token-introspection+jwt")]
    [TestCase("application/token-introspection+jwt")]
    [Description("RFC 9701 §4, §5: a signed response is requested by Accept, verified, and read from token_introspection")]
    public async Task A_signed_response_is_accepted(string type)
    {
        await using var server = Server((header, _) => header["typ"] = type);
        var token = await IntrospectAsync(server);
        Assert.That((token.IsActive, token.Subject), Is.EqualTo((true, "alice")));
        Assert.That(server.Requests[0].Accept, Is.EqualTo("application/token-introspection+jwt"));
    }

    [Test]
    [Description("RFC 9701 §5: aud may be an array, and clocks may differ by one minute")]
    public async Task An_audience_list_and_clock_skew_are_accepted()
    {
        await using var server = Server(
            (_, claims) => (claims["aud"], claims["iat"]) = (new JsonArray("client", "another"), (long)claims["iat"]! + 60)
        );
        Assert.That((await IntrospectAsync(server)).IsActive, Is.True);
    }

    [TestCase("typ", null)]
    [TestCase("typ", "JWT")]
    [TestCase("typ", "at+jwt")]
    [TestCase("alg", "none")]
    [TestCase("alg", "HS256")]
    [TestCase("alg", "RS384")]
    [Description(
        "RFC 9701 §5, §8.1, RFC 8725 §3.11: a JWT of another type or with an algorithm that is not allowed is not an "
            + "introspection response"
    )]
    public async Task Another_type_or_algorithm_is_rejected(string member, string? value)
    {
        await using var server = Server((header, _) => header[member] = value);
        Assert.That(async () => await IntrospectAsync(server), Throws.TypeOf<OAuthProtocolException>());
    }

    [TestCase("iss", "\"https://as.example/\"")]
    [TestCase("iss", "null")]
    [TestCase("aud", "\"another\"")]
    [TestCase("aud", "null")]
    [TestCase("iat", "null")]
    [TestCase("iat", "\"now\"")]
    [TestCase("iat", "1e300")]
    [TestCase("token_introspection", "null")]
    [TestCase("token_introspection", "\"active\"")]
    [TestCase("token_introspection", """{"active":"true"}""")]
    [Description("RFC 9701 §5: each required claim is validated")]
    public async Task Missing_and_wrong_claims_are_rejected(string member, string value)
    {
        await using var server = Server((_, claims) => claims[member] = JsonNode.Parse(value));
        Assert.That(async () => await IntrospectAsync(server), Throws.TypeOf<OAuthProtocolException>());
    }

    [TestCase(-301, 0, false)]
    [TestCase(-299, 0, true)]
    [TestCase(61, 0, false)]
    [TestCase(0, -61, false)]
    [TestCase(0, -59, true)]
    [Description("RFC 9701 §5, RFC 7519 §4.1.4: a replayed response does not make a revoked token active")]
    public async Task An_old_response_is_rejected(int issued, int expires, bool isGood)
    {
        await using var server = Server(
            (_, claims) =>
            {
                long now = (long)claims["iat"]!;
                claims["iat"] = now + issued;
                if (expires != 0)
                    claims["exp"] = now + expires;
            }
        );
        Assert.That(
            async () => await IntrospectAsync(server),
            isGood
                ? Throws.Nothing
                : Throws.TypeOf<OAuthProtocolException>().With.Message.Contains($"({(expires == 0 ? "iat" : "exp")} is ")
        );
    }

    [Test]
    [Description("RFC 9701 §5: a signature with another key is rejected")]
    public async Task A_signature_with_another_key_is_rejected()
    {
        await using var server = Server((_, _) => { }, signer: TestKey.AnotherRsa);
        Assert.That(async () => await IntrospectAsync(server), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("signature"));
    }

    [Test]
    [Description("RFC 9701 §4: an unsigned response is rejected when signed responses are required")]
    public async Task An_unsigned_response_is_rejected()
    {
        await using var server = Server((_, _) => { });
        server.Answers("""{"active":true}""");
        Assert.That(
            async () => await IntrospectAsync(server),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("SignedIntrospectionResponses")
        );
    }

    [Test]
    [Description("RFC 7662 §2.3: an error response is reported, also when signed responses are required")]
    public async Task An_error_response_is_reported()
    {
        await using var server = Server((_, _) => { });
        server.Answers("""{"error":"invalid_client"}""", 401);
        Assert.That(
            async () => await IntrospectAsync(server),
            Throws.TypeOf<EndpointException>().With.Property("Error").EqualTo("invalid_client")
        );
    }

    [Test]
    [Description("RFC 9701 §5: without a known issuer a signed response cannot be validated")]
    public async Task Without_an_issuer_a_signed_response_is_rejected()
    {
        await using var server = Server((_, _) => { }, o => o.Issuer = null);
        Assert.That(async () => await IntrospectAsync(server), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("Issuer"));
    }

    private static Task<IntrospectedToken> IntrospectAsync(ScriptedServer server) =>
        server.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync("the-token");

    private static ScriptedServer Server(
        Action<JsonObject, JsonObject> change,
        Action<OAuthClientOptions>? options = null,
        TestKey? signer = null
    )
    {
        ScriptedServer server = new(o =>
        {
            o.IntrospectionEndpoint = new(ScriptedServer.Origin + "/introspect");
            (o.Issuer, o.JwksUri) = (new(ScriptedServer.Origin), new(ScriptedServer.Origin + "/jwks"));
            o.SignedIntrospectionResponses = true;
            options?.Invoke(o);
        });
        server.Answers(sentRequest =>
        {
            if (sentRequest.Uri.AbsolutePath == "/jwks")
                return ScriptedServer.Json(200, new JsonObject { ["keys"] = new JsonArray(TestKey.Rsa.Jwk()) }.ToJsonString());
            JsonObject header = new()
            {
                ["alg"] = "RS256",
                ["kid"] = "key-1",
                ["typ"] = Type,
            };
            JsonObject claims = new()
            {
                ["iss"] = ScriptedServer.Origin,
                ["aud"] = "client",
                ["iat"] = server.Clock.GetUtcNow().ToUnixTimeSeconds(),
                ["token_introspection"] = new JsonObject { ["active"] = true, ["sub"] = "alice" },
            };
            change(header, claims);
            return ScriptedServer.Bytes(
                200,
                Encoding.ASCII.GetBytes((signer ?? TestKey.Rsa).Sign("RS256", header.ToJsonString(), claims.ToJsonString()))
            );
        });
        return server;
    }
}
