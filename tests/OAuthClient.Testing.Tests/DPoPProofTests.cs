using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the verification of proofs of possession (RFC 9449 §4.3) at the token endpoint.</summary>
public sealed class DPoPProofTests
{
    [TestCase("header", "typ", null)]
    [TestCase("header", "typ", "JWT")]
    [TestCase("header", "typ", 1)]
    [TestCase("header", "alg", null)]
    [TestCase("header", "alg", "none")]
    [TestCase("header", "alg", "HS256")]
    [TestCase("header", "alg", "ES384", Description = "of another curve than the key")]
    [TestCase("header", "alg", "RS256", Description = "of another key type than the key")]
    [TestCase("header", "alg", 5)]
    [TestCase("header", "jwk", null)]
    [TestCase("header", "jwk", "key")]
    [TestCase("header", "crit", "exp")]
    [TestCase("key", "kty", null)]
    [TestCase("key", "kty", 1)]
    [TestCase("key", "kty", "oct")]
    [TestCase("key", "crv", "P-384")]
    [TestCase("key", "x", "AAAA")]
    [TestCase("key", "y", null)]
    [TestCase("key", "d", "AAAA", Description = "a private key")]
    [TestCase("key", "k", "AAAA", Description = "a symmetric key")]
    [TestCase("key", "use", "enc")]
    [TestCase("key", "alg", "ES384")]
    [TestCase("claims", "htm", null)]
    [TestCase("claims", "htm", "GET")]
    [TestCase("claims", "htm", "post")]
    [TestCase("claims", "htu", null)]
    [TestCase("claims", "htu", "/token")]
    [TestCase("claims", "htu", 5)]
    [TestCase("claims", "iat", null)]
    [TestCase("claims", "iat", "soon")]
    [TestCase("claims", "iat", 1)]
    [TestCase("claims", "iat", 1e300)]
    [TestCase("claims", "jti", null)]
    [TestCase("claims", "jti", "")]
    [TestCase("claims", "jti", 5)]
    [Description("RFC 9449 §4.3: each point is required")]
    public async Task Proof_with_another_member_is_refused(string part, string member, object? value)
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);

        Assert.That(
            await ErrorAsync(bed, key, (header, claims) => Change(header, claims, part, member, value)),
            Is.EqualTo("invalid_dpop_proof")
        );
    }

    [TestCase("{0}", null)]
    [TestCase("HTTP://127.0.0.1:{1}/token", null, Description = "the scheme in upper case")]
    [TestCase("http://127.0.0.1:{1}/./%74oken", null, Description = "dot segments and needless percent-encoding")]
    [TestCase("{0}?a=b", "invalid_dpop_proof")]
    [TestCase("{0}#a", "invalid_dpop_proof")]
    [TestCase("{0}/", "invalid_dpop_proof")]
    [TestCase(" {0}", "invalid_dpop_proof")]
    [TestCase("http://127.0.0.1:{1}/TOKEN", "invalid_dpop_proof")]
    [TestCase("http://127.0.0.1:{1}/par", "invalid_dpop_proof")]
    [TestCase("http://127.0.0.1/token", "invalid_dpop_proof")]
    [TestCase("https://127.0.0.1:{1}/token", "invalid_dpop_proof")]
    [TestCase("http://user@127.0.0.1:{1}/token", "invalid_dpop_proof")]
    [TestCase("http://localhost:{1}/token", "invalid_dpop_proof")]
    [Description("RFC 9449 §4.2, §4.3: htu is the address without query and fragment, compared after normalization")]
    public async Task Address_is_compared_after_normalization(string format, string? error)
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        Uri endpoint = bed.Server.TokenEndpoint;

        string address = string.Format(null, format, endpoint.AbsoluteUri, endpoint.Port);

        Assert.That(await ErrorAsync(bed, key, (_, claims) => claims["htu"] = address), Is.EqualTo(error));
    }

    [TestCase(-61, "invalid_dpop_proof")]
    [TestCase(-60, null)]
    [TestCase(60, null)]
    [TestCase(61, "invalid_dpop_proof")]
    [Description("RFC 9449 §4.3, §11.1: a proof is accepted for a short time")]
    public async Task Proof_is_accepted_for_a_short_time(int seconds, string? error)
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);

        Assert.That(await ErrorAsync(bed, key, (_, claims) => claims["iat"] = (long)claims["iat"]! + seconds), Is.EqualTo(error));
    }

    [Test, Description("RFC 9449 §11.1: a jti is accepted once, as long as its iat is accepted, also of another key")]
    public async Task Identifier_is_accepted_once()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        using ProofKey other = new(bed);

        Assert.That(await ErrorAsync(bed, key, (_, claims) => Reuse(claims, 60)), Is.Null);
        Assert.That(await ErrorAsync(bed, key, (_, claims) => Reuse(claims, 0)), Is.EqualTo("invalid_dpop_proof"));
        Assert.That(await ErrorAsync(bed, other, (_, claims) => Reuse(claims, 0)), Is.EqualTo("invalid_dpop_proof"));
        bed.Clock.Advance(TimeSpan.FromSeconds(120));
        Assert.That(await ErrorAsync(bed, key, (_, claims) => Reuse(claims, 0)), Is.EqualTo("invalid_dpop_proof"));
        bed.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await ErrorAsync(bed, key, (_, claims) => Reuse(claims, 0)), Is.Null);

        static void Reuse(JsonObject claims, int seconds) => (claims["jti"], claims["iat"]) = ("the same", (long)claims["iat"]! + seconds);
    }

    [Test, Description("RFC 9449 §4.3: there is not more than one DPoP header")]
    public async Task Second_header_is_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        Uri endpoint = bed.Server.TokenEndpoint;
        string[] proofs = [key.Proof(HttpMethod.Post, endpoint), key.Proof(HttpMethod.Post, endpoint)];

        Assert.That(await ErrorAsync(bed, proofs), Is.EqualTo("invalid_dpop_proof"));
        Assert.That(await ErrorAsync(bed, [proofs[0] + "," + proofs[1]]), Is.EqualTo("invalid_dpop_proof"));
        Assert.That(await ErrorAsync(bed, [proofs[0]]), Is.Null);
    }

    [Test, Description("RFC 9449 §4.3: the header is a single and well-formed JWT that the key of its header signed")]
    public async Task Malformed_or_forged_proof_is_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        using ProofKey other = new(bed);
        Uri endpoint = bed.Server.TokenEndpoint;
        string proof = key.Proof(HttpMethod.Post, endpoint);
        JsonObject header = Jose.Header(proof);
        string claims = Jose.Claims(proof).ToJsonString();
        string[] refused =
        [
            "proof",
            "a.b.c",
            proof[..proof.LastIndexOf('.')],
            proof[..(proof.LastIndexOf('.') + 1)],
            proof + "=",
            proof + ".",
            other.Sign(header, claims),
            key.Sign(header, "[]"),
            key.Sign(header, "{\"htm\":\"GET\"," + claims[1..]),
        ];

        foreach (string text in refused)
            Assert.That(await ErrorAsync(bed, [text]), Is.EqualTo("invalid_dpop_proof"), text);
        Assert.That(await ErrorAsync(bed, [key.Sign(header, claims)]), Is.Null);
    }

    [TestCase("ES256", null)]
    [TestCase("ES384", null)]
    [TestCase("ES512", null)]
    [TestCase("PS256", null)]
    [TestCase("RS256", null)]
    [TestCase("PS256", "invalid_dpop_proof", 1024)]
    [Description("RFC 9449 §5.1: each asymmetric algorithm of the metadata is accepted; RSA keys have at least 2048 bits (RFC 7518 §3.3)")]
    public async Task Asymmetric_algorithms_are_accepted(string algorithm, string? error, int rsaKeySize = 2048)
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed, Create(algorithm, rsaKeySize), algorithm);
        JsonObject metadata = await bed.MetadataAsync();

        Assert.That(await ErrorAsync(bed, key), Is.EqualTo(error));
        Assert.That(
            metadata["dpop_signing_alg_values_supported"]!.AsArray().Select(value => (string?)value),
            Does.Contain(algorithm).And.Not.Contain("HS256").And.Not.Contain("none")
        );
    }

    [Test, Description("RFC 9449 §5.1: an algorithm that the metadata do not contain is refused")]
    public async Task Unsupported_algorithm_is_refused()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.SigningAlgorithmsSupported.Remove("ES256"));
        using ProofKey key = new(bed);

        Assert.That(await ErrorAsync(bed, key), Is.EqualTo("invalid_dpop_proof"));
        Assert.That(
            (await bed.MetadataAsync())["dpop_signing_alg_values_supported"]!.AsArray().Select(value => (string?)value),
            Does.Not.Contain("ES256")
        );
    }

    private static AsymmetricAlgorithm Create(string algorithm, int rsaKeySize) =>
        algorithm switch
        {
            "ES256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            "ES384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            "ES512" => ECDsa.Create(ECCurve.NamedCurves.nistP521),
            _ => RSA.Create(rsaKeySize),
        };

    private static void Change(JsonObject header, JsonObject claims, string part, string member, object? value)
    {
        JsonObject changed = part switch
        {
            "header" => header,
            "key" => header["jwk"]!.AsObject(),
            _ => claims,
        };
        if (value is null)
            changed.Remove(member);
        else
            changed[member] = member is "crit" ? new JsonArray((string)value) : JsonValue.Create(value);
    }

    private static Task<string?> ErrorAsync(TestBed bed, ProofKey key, Action<JsonObject, JsonObject>? change = null) =>
        ErrorAsync(bed, [key.Proof(HttpMethod.Post, bed.Server.TokenEndpoint, change: change)]);

    private static async Task<string?> ErrorAsync(TestBed bed, string[] proofs)
    {
        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            TestBed.Basic("test-client", "test-secret"),
            proofs,
            ("grant_type", "client_credentials")
        );
        JsonNode body = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.That(
            (response.StatusCode, (string?)body["token_type"]),
            Is.EqualTo(body["error"] is null ? (HttpStatusCode.OK, "DPoP") : (HttpStatusCode.BadRequest, null))
        );
        return (string?)body["error"];
    }
}
