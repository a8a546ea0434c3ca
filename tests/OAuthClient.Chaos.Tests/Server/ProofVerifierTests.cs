using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Tests;

/// <summary>Tests that the server of the rig accepts no proof that is wrong in one point (RFC 9449 §4.3).</summary>
internal sealed class ProofVerifierTests
{
    private const string Address = "http://127.0.0.1:5000/token";
    private const string AccessToken = "at.user-1.0.1";

    private static readonly ECParameters Key = NewKey();

    private readonly ProofVerifier verifier = new(TimeProvider.System);

    private static IEnumerable<TestCaseData<Action<JsonObject, JsonObject>, string>> Defects =>
        [
            new((header, _) => header["typ"] = "JWT", "typ"),
            new((header, _) => header["alg"] = "none", "alg"),
            new((header, _) => header["jwk"]!["d"] = "AA", "jwk"),
            new((header, _) => header["jwk"] = Jwk(NewKey()), "the signature"),
            new((_, claims) => claims.Remove("jti"), "jti"),
            new((_, claims) => claims["htm"] = "GET", "htm"),
            new((_, claims) => claims["htu"] = Address + "?a=b", "htu"),
            new((_, claims) => claims["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, "iat"),
            new((_, claims) => claims["ath"] = "another", "ath"),
        ];

    [Test]
    public void A_proof_is_accepted_once()
    {
        string proof = Create();

        Assert.That(verifier.Verify(proof, "POST", Address, AccessToken).Nonce, Is.EqualTo("n"));
        Assert.That(
            () => verifier.Verify(proof, "POST", Address, AccessToken),
            Throws.TypeOf<FormatException>().With.Message.Contains("jti")
        );
    }

    [TestCaseSource(nameof(Defects))]
    public void A_proof_with_a_defect_is_refused(Action<JsonObject, JsonObject> change, string named) =>
        Assert.That(
            () => verifier.Verify(Create(change), "POST", Address, AccessToken),
            Throws.TypeOf<FormatException>().With.Message.Contains($": {named}.")
        );

    [Test]
    public void A_changed_claim_breaks_the_signature()
    {
        string[] parts = Create().Split('.');
        parts[1] = Create().Split('.')[1];

        Assert.That(() => verifier.Verify(string.Join('.', parts), "POST", Address, AccessToken), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void The_refresh_token_of_a_public_client_is_bound_to_its_first_key()
    {
        BoundTokens isPublic = new(KeyBinding.Public, TimeProvider.System);
        BoundTokens confidential = new(KeyBinding.Confidential, TimeProvider.System);

        Assert.That(new[] { "a", "a", "b" }.Select(key => isPublic.MayRefresh("user-1", key)), Is.EqualTo(new[] { true, true, false }));
        Assert.That(new[] { "a", "b" }.Select(key => confidential.MayRefresh("user-1", key)), Is.All.True);
    }

    [Test]
    public void A_request_is_refused_once_for_its_nonce()
    {
        ProofNonces nonces = new(TimeProvider.System, uses: 1);
        string first = nonces.Current;

        Assert.That(nonces.Accepts(nonce: null, "1"), Is.False);
        Assert.That(nonces.Accepts(first, "2"), Is.True, "and the nonce changes");
        Assert.That(nonces.Accepts(first, "1"), Is.True, "it was refused before");
        Assert.That(nonces.Accepts(first, "3"), Is.False);
        Assert.That(nonces.Accepts("invented", "3"), Is.False);
        Assert.That((nonces.Refusals, nonces.RepeatedRefusals), Is.EqualTo((3, 1)));
    }

    private static string Create(Action<JsonObject, JsonObject>? change = null)
    {
        JsonObject header = new()
        {
            ["typ"] = "dpop+jwt",
            ["alg"] = "ES256",
            ["jwk"] = Jwk(Key),
        };
        JsonObject claims = new()
        {
            ["jti"] = Guid.NewGuid().ToString(),
            ["htm"] = "POST",
            ["htu"] = Address,
            ["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            ["ath"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(AccessToken))),
            ["nonce"] = "n",
        };
        change?.Invoke(header, claims);
        using var key = ECDsa.Create(Key);
        string signed = $"{Encode(header)}.{Encode(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static ECParameters NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportParameters(includePrivateParameters: true);
    }

    private static JsonObject Jwk(ECParameters key) =>
        new()
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["x"] = Base64Url.EncodeToString(key.Q.X),
            ["y"] = Base64Url.EncodeToString(key.Q.Y),
        };

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
}
