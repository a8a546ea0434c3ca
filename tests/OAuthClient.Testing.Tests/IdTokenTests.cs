using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the claims and the signature of ID Tokens.</summary>
[TestFixture]
internal sealed class IdTokenTests
{
    [TestCase("RS256")]
    [TestCase("RS384")]
    [TestCase("RS512")]
    [TestCase("PS256")]
    [TestCase("PS384")]
    [TestCase("PS512")]
    [TestCase("ES256")]
    [TestCase("ES384")]
    [TestCase("ES512")]
    [Description("OpenID Connect Core §2, §3.1.3.6, RFC 7515 §5.2: an ID Token is signed with a published key and has the required claims")]
    public async Task ID_Token_has_a_valid_signature_and_the_claims_of_the_login(string algorithm)
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.SigningAlgorithm = algorithm);
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.Server.SignInAsync(bed.AuthorizationUri(), browser);
        long signedInAt = bed.Clock.GetUtcNow().ToUnixTimeSeconds();
        bed.Clock.Advance(TimeSpan.FromMinutes(7));

        Uri callback = await bed.Server.SignInAsync(bed.AuthorizationUri(), browser);
        JsonObject tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);
        (JsonObject header, JsonObject claims) = await VerifyAsync(bed, (string)tokens["id_token"]!);

        long now = bed.Clock.GetUtcNow().ToUnixTimeSeconds();
        byte[] hash = CryptographicOperations.HashData(Jose.Hash(algorithm), Encoding.ASCII.GetBytes((string)tokens["access_token"]!));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)header["alg"], Is.EqualTo(algorithm));
            Assert.That((string?)claims["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString));
            Assert.That((string?)claims["sub"], Is.EqualTo("alice"));
            Assert.That((string?)claims["aud"], Is.EqualTo("test-client"));
            Assert.That((string?)claims["nonce"], Is.EqualTo("the nonce"));
            Assert.That((long)claims["iat"]!, Is.EqualTo(now));
            Assert.That((long)claims["exp"]!, Is.EqualTo(now + 300));
            Assert.That((long)claims["auth_time"]!, Is.EqualTo(signedInAt));
            Assert.That((string?)claims["at_hash"], Is.EqualTo(Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2))));
        }
    }

    [Test, Description("OpenID Connect Core §3.1.2.1: an ID Token requires the scope openid")]
    public async Task ID_Token_is_omitted_without_openid()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That((await bed.TokensAsync(("scope", "api"))).ContainsKey("id_token"), Is.False);
    }

    [Test, Description("OpenID Connect Core §12.2: an ID Token from a refresh has the same sub and auth_time and no nonce")]
    public async Task ID_Token_from_a_refresh_describes_the_same_login()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();
        (_, JsonObject first) = await VerifyAsync(bed, (string)tokens["id_token"]!);
        bed.Clock.Advance(TimeSpan.FromMinutes(1));

        JsonObject refreshed = await TestBed.JsonAsync(await bed.RefreshAsync((string)tokens["refresh_token"]!), HttpStatusCode.OK);
        (_, JsonObject second) = await VerifyAsync(bed, (string)refreshed["id_token"]!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)second["sub"], Is.EqualTo((string?)first["sub"]));
            Assert.That((long)second["auth_time"]!, Is.EqualTo((long)first["auth_time"]!));
            Assert.That((long)second["iat"]!, Is.EqualTo((long)first["iat"]! + 60));
            Assert.That(second.ContainsKey("nonce"), Is.False);
        }
    }

    [Test, Description("OpenID Connect Core §10.1.1: after a rotation, the new key signs and the previous key stays in the key set")]
    public async Task Rotation_keeps_the_previous_key_in_the_key_set()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string before = (string)(await bed.TokensAsync())["id_token"]!;

        bed.Server.RotateSigningKey();
        string after = (string)(await bed.TokensAsync())["id_token"]!;
        (JsonObject oldHeader, _) = await VerifyAsync(bed, before);
        (JsonObject newHeader, _) = await VerifyAsync(bed, after);

        Assert.That((string?)newHeader["kid"], Is.Not.EqualTo((string?)oldHeader["kid"]));
    }

    [Test, Description("With keepPrevious = false, the key set contains only the new key")]
    public async Task Rotation_can_remove_the_previous_key()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string before = (string)(await bed.TokensAsync())["id_token"]!;

        bed.Server.RotateSigningKey(keepPrevious: false);
        JsonArray keys = await KeysAsync(bed);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(keys, Has.Count.EqualTo(1));
            Assert.That((string?)keys[0]!["kid"], Is.Not.EqualTo((string?)Jose.Header(before)["kid"]));
        }
    }

    [Test, Description("RFC 7517 §4: the key set contains only public members")]
    public async Task Key_set_contains_no_private_members()
    {
        await using TestBed bed = await TestBed.StartAsync();

        JsonNode key = (await KeysAsync(bed)).Single()!;

        Assert.That(key.AsObject().Select(member => member.Key), Is.EquivalentTo(["kid", "use", "alg", "kty", "n", "e"]));
    }

    [Test]
    public async Task Delegates_can_change_header_claims_and_keys()
    {
        await using TestBed bed = await TestBed.StartAsync(options =>
        {
            options.OnIdTokenHeader = header => header["kid"] = "../../etc/passwd";
            options.OnIdTokenClaims = claims => claims["nonce"] = "another";
            options.OnJwks = keys => keys["keys"] = new JsonArray();
        });

        string token = (string)(await bed.TokensAsync())["id_token"]!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)Jose.Header(token)["kid"], Is.EqualTo("../../etc/passwd"));
            Assert.That((string?)Jose.Claims(token)["nonce"], Is.EqualTo("another"));
            Assert.That(await KeysAsync(bed), Is.Empty);
        }
    }

    [Test, Description("StartAsync rejects the algorithm none")]
    public void Unknown_signing_algorithm_is_rejected() =>
        Assert.That(() => TestAuthorizationServer.StartAsync(options => options.SigningAlgorithm = "none"), Throws.ArgumentException);

    private static async Task<JsonArray> KeysAsync(TestBed bed) =>
        (await TestBed.JsonAsync(await bed.GetAsync(bed.Server.JwksUri), HttpStatusCode.OK))["keys"]!.AsArray();

    private static async Task<(JsonObject Header, JsonObject Claims)> VerifyAsync(TestBed bed, string token)
    {
        JsonObject header = Jose.Header(token);
        JsonNode key = (await KeysAsync(bed)).Single(key => (string?)key!["kid"] == (string?)header["kid"])!;
        Assert.That((string?)key["alg"], Is.EqualTo((string?)header["alg"]));
        Assert.That(Jose.Verifies(token, key.AsObject()), Is.True);
        return (header, Jose.Claims(token));
    }
}
