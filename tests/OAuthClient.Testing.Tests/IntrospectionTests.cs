using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the introspection endpoint.</summary>
[TestFixture]
internal sealed class IntrospectionTests
{
    private const string JwtMediaType = "application/token-introspection+jwt";

    [Test, Description("RFC 7662 §2.2: the response contains the properties of an active access token")]
    public async Task Active_access_token_is_described()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync(("resource", "https://api.example.com"));
        long issuedAt = bed.Clock.GetUtcNow().ToUnixTimeSeconds();
        bed.Clock.Advance(TimeSpan.FromMinutes(1));

        JsonObject response = await IntrospectAsync(bed, (string)tokens["access_token"]!);

        JsonObject expected = new()
        {
            ["active"] = true,
            ["client_id"] = "test-client",
            ["scope"] = "openid profile api offline_access",
            ["iss"] = bed.Server.Issuer.OriginalString,
            ["sub"] = "alice",
            ["iat"] = issuedAt,
            ["exp"] = issuedAt + 3600,
            ["token_type"] = "Bearer",
            ["username"] = "alice",
            ["aud"] = "https://api.example.com",
        };
        Assert.That(JsonNode.DeepEquals(response, expected), Is.True, response.ToJsonString());
    }

    [Test, Description("RFC 7662 §2.1: refresh tokens can be introspected")]
    public async Task Refresh_token_is_active_until_it_is_redeemed()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        JsonObject before = await IntrospectAsync(bed, token);
        using HttpResponseMessage refreshed = await bed.RefreshAsync(token);
        JsonObject after = await IntrospectAsync(bed, token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((bool)before["active"]!, Is.True);
            Assert.That(before.ContainsKey("token_type"), Is.False);
            Assert.That((bool)after["active"]!, Is.False);
        }
    }

    [TestCase("unknown")]
    [TestCase("expired")]
    [TestCase("revoked")]
    [TestCase("expired refresh")]
    [TestCase("revoked refresh")]
    [Description("RFC 7662 §2.2: the response for an inactive token contains only active")]
    public async Task Inactive_token_is_not_described(string state)
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();
        string token = state is "unknown"
            ? "made-up"
            : (string)tokens[state.EndsWith("refresh", StringComparison.Ordinal) ? "refresh_token" : "access_token"]!;
        if (state.StartsWith("expired", StringComparison.Ordinal))
            bed.Clock.Advance(TimeSpan.FromDays(40));
        if (state.StartsWith("revoked", StringComparison.Ordinal))
            bed.Server.RevokeEverything();

        Assert.That((await IntrospectAsync(bed, token)).ToJsonString(), Is.EqualTo("""{"active":false}"""));
    }

    [Test, Description("RFC 7662 §2.1: the endpoint requires authentication to prevent token scanning")]
    public async Task Only_a_confidential_client_can_introspect_tokens()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "public" });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                await TestBed.ErrorAsync(
                    await bed.PostAsync(bed.Server.IntrospectionEndpoint, null, ("token", "t"), ("client_id", "public")),
                    HttpStatusCode.Unauthorized
                ),
                Is.EqualTo("invalid_client")
            );
            Assert.That(
                await TestBed.ErrorAsync(
                    await bed.PostAsync(bed.Server.IntrospectionEndpoint, null, ("token", "t")),
                    HttpStatusCode.Unauthorized
                ),
                Is.EqualTo("invalid_client")
            );
            Assert.That(await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.IntrospectionEndpoint)), Is.EqualTo("invalid_request"));
        }
    }

    [Test, Description("RFC 9701 §4, §5: the JWT has its own type and cannot be used as an access token")]
    public async Task Client_that_accepts_a_JWT_receives_a_signed_response()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string accessToken = (string)(await bed.TokensAsync())["access_token"]!;

        string token = await IntrospectAsJwtAsync(
            bed,
            accessToken,
            "test-client",
            "test-secret",
            "application/json;q=0.1, " + JwtMediaType
        );
        JsonObject claims = Jose.Claims(token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)Jose.Header(token)["typ"], Is.EqualTo("token-introspection+jwt"));
            Assert.That(Jose.KeysThatVerify(token, await bed.KeysAsync()), Has.Count.EqualTo(1));
            Assert.That(claims.Select(claim => claim.Key), Is.EquivalentTo(["iss", "aud", "iat", "token_introspection"]));
            Assert.That((string?)claims["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString));
            Assert.That((string?)claims["aud"], Is.EqualTo("test-client"));
            Assert.That((long?)claims["iat"], Is.EqualTo(bed.Clock.GetUtcNow().ToUnixTimeSeconds()));
            Assert.That(JsonNode.DeepEquals(claims["token_introspection"], await IntrospectAsync(bed, accessToken)), Is.True);
        }
    }

    [Test, Description("RFC 9701 §6: the JWT uses the registered algorithms of the client")]
    public async Task JWT_uses_the_registered_algorithms()
    {
        using RSA key = RSA.Create(2048);
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "api",
                ClientSecret = "secret",
                IntrospectionSigningAlgorithm = "ES256",
                IntrospectionEncryptionAlgorithm = "RSA-OAEP",
                IntrospectionContentEncryptionAlgorithm = "A128GCM",
                PublicKeys = new JsonObject { ["keys"] = new JsonArray(Jose.PublicKey(key)) },
            }
        );

        string token = Jose.Decrypt(await IntrospectAsJwtAsync(bed, "made-up", "api", "secret", JwtMediaType), key);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)Jose.Header(token)["alg"], Is.EqualTo("ES256"));
            Assert.That(Jose.KeysThatVerify(token, await bed.KeysAsync()), Has.Count.EqualTo(1));
            Assert.That(Jose.Claims(token)["token_introspection"]!.ToJsonString(), Is.EqualTo("""{"active":false}"""));
        }
    }

    [Test]
    public async Task Delegate_can_change_the_response()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.OnIntrospection = response => response["active"] = "true");

        Assert.That((await IntrospectAsync(bed, "made-up")).ToJsonString(), Is.EqualTo("""{"active":"true"}"""));
    }

    private static async Task<JsonObject> IntrospectAsync(TestBed bed, string token) =>
        await TestBed.JsonAsync(await bed.PostAsync(bed.Server.IntrospectionEndpoint, ("token", token)), HttpStatusCode.OK);

    private static async Task<string> IntrospectAsJwtAsync(TestBed bed, string token, string clientId, string secret, string accept)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, bed.Server.IntrospectionEndpoint)
        {
            Content = new StringContent("token=" + Uri.EscapeDataString(token), Encoding.UTF8, "application/x-www-form-urlencoded"),
        };
        request.Headers.Authorization = TestBed.Basic(clientId, secret);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using HttpResponseMessage response = await bed.Http.SendAsync(request);
        string body = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), body);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo(JwtMediaType));
        return body;
    }
}
