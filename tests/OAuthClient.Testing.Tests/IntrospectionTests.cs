using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

[TestFixture]
internal sealed class IntrospectionTests
{
    private const string JwtMediaType = "application/token-introspection+jwt";

    [Test, Description("RFC 7662 §2.2")]
    public async Task Good_access_token_is_described()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync(("resource", "https://api.example.com"));
        long issuedAt = bed.Clock.GetUtcNow().ToUnixTimeSeconds();
        bed.Clock.Advance(TimeSpan.FromMinutes(1));

        JsonObject answer = await AskAsync(bed, (string)tokens["access_token"]!);

        JsonObject expected = new()
        {
            ["active"] = true,
            ["client_id"] = "test-client",
            ["scope"] = "openid profile api",
            ["iss"] = bed.Server.Issuer.OriginalString,
            ["sub"] = "alice",
            ["iat"] = issuedAt,
            ["exp"] = issuedAt + 3600,
            ["token_type"] = "Bearer",
            ["username"] = "alice",
            ["aud"] = "https://api.example.com",
        };
        Assert.That(JsonNode.DeepEquals(answer, expected), Is.True, answer.ToJsonString());
    }

    [Test, Description("RFC 7662 §2.1: refresh tokens too")]
    public async Task Good_refresh_token_is_described_until_it_is_spent()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;

        JsonObject before = await AskAsync(bed, token);
        using HttpResponseMessage refreshed = await bed.RefreshAsync(token);
        JsonObject after = await AskAsync(bed, token);

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
    [Description("RFC 7662 §2.2: nothing is said about a token that is not good, not even why")]
    public async Task Token_that_is_not_good_is_only_inactive(string what)
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();
        string token = what is "unknown"
            ? "made-up"
            : (string)tokens[what.EndsWith("refresh", StringComparison.Ordinal) ? "refresh_token" : "access_token"]!;
        if (what.StartsWith("expired", StringComparison.Ordinal))
            bed.Clock.Advance(TimeSpan.FromDays(40));
        if (what.StartsWith("revoked", StringComparison.Ordinal))
            bed.Server.RevokeEverything();

        Assert.That((await AskAsync(bed, token)).ToJsonString(), Is.EqualTo("""{"active":false}"""));
    }

    [Test, Description("RFC 7662 §2.1: the caller authenticates, so that nobody can try out tokens")]
    public async Task Only_a_client_with_a_secret_may_ask()
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

    [Test, Description("RFC 9701 §4 and §5: a JWT of its own type, whose claims cannot pass for an access token's")]
    public async Task Who_accepts_a_jwt_gets_one_signed()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string accessToken = (string)(await bed.TokensAsync())["access_token"]!;

        string token = await AskForJwtAsync(bed, accessToken, "test-client", "test-secret", "application/json;q=0.1, " + JwtMediaType);
        JsonObject claims = Jose.Claims(token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)Jose.Header(token)["typ"], Is.EqualTo("token-introspection+jwt"));
            Assert.That(Jose.KeysThatVerify(token, await bed.KeysAsync()), Has.Count.EqualTo(1));
            Assert.That(claims.Select(claim => claim.Key), Is.EquivalentTo(["iss", "aud", "iat", "token_introspection"]));
            Assert.That((string?)claims["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString));
            Assert.That((string?)claims["aud"], Is.EqualTo("test-client"));
            Assert.That((long?)claims["iat"], Is.EqualTo(bed.Clock.GetUtcNow().ToUnixTimeSeconds()));
            Assert.That(JsonNode.DeepEquals(claims["token_introspection"], await AskAsync(bed, accessToken)), Is.True);
        }
    }

    [Test, Description("RFC 9701 §6: by the algorithms the client registered")]
    public async Task Jwt_is_made_as_the_client_registered()
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

        string token = Jose.Decrypt(await AskForJwtAsync(bed, "made-up", "api", "secret", JwtMediaType), key);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)Jose.Header(token)["alg"], Is.EqualTo("ES256"));
            Assert.That(Jose.KeysThatVerify(token, await bed.KeysAsync()), Has.Count.EqualTo(1));
            Assert.That(Jose.Claims(token)["token_introspection"]!.ToJsonString(), Is.EqualTo("""{"active":false}"""));
        }
    }

    [Test]
    public async Task Answer_can_be_falsified()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.OnIntrospection = answer => answer["active"] = "true");

        Assert.That((await AskAsync(bed, "made-up")).ToJsonString(), Is.EqualTo("""{"active":"true"}"""));
    }

    private static async Task<JsonObject> AskAsync(TestBed bed, string token) =>
        await TestBed.JsonAsync(await bed.PostAsync(bed.Server.IntrospectionEndpoint, ("token", token)), HttpStatusCode.OK);

    private static async Task<string> AskForJwtAsync(TestBed bed, string token, string clientId, string secret, string accept)
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
