using System.Buffers.Text;
using System.Text.Json;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests validation of the signature of an ID Token (OpenID Connect Core §3.1.3.7 (6)–(8), RFC 8725 §2.1, §3.10).</summary>
public sealed class SignatureTests
{
    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (7): RS256, the default algorithm")]
    public async Task oidcc_client_test_idtoken_sig_rs256()
    {
        await using var party = await RelyingParty.StartAsync(registered: RelyingParty.Registered(idToken: "RS256"));
        Assert.That(AlgorithmOf(await party.AcceptsLoginAsync()), Is.EqualTo("RS256"));
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7, RFC 8725 §3.2: alg none")]
    public async Task oidcc_client_test_idtoken_sig_none()
    {
        await using var party = await RelyingParty.StartAsync();
        await party.RejectsAsync(Defect.IdTokenUnsigned, "signed with 'none'");
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (6): an RS256 signature that does not verify")]
    public Task oidcc_client_test_invalid_sig_rs256() => RejectsBadSignatureAsync("RS256", "does not verify against the server's keys");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (6): an ES256 signature that does not verify")]
    public Task oidcc_client_test_invalid_sig_es256() => RejectsBadSignatureAsync("ES256", "does not verify against the server's keys");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (8): an HS256 signature that was not made with the client secret")]
    public Task oidcc_client_test_invalid_sig_hs256() => RejectsBadSignatureAsync("HS256", "does not verify with the client secret");

    [TestCase(Defect.IdTokenHmacWithPublicKeyPem)]
    [TestCase(Defect.IdTokenHmacWithPublicKeyJwk)]
    [Description("RFC 8725 §2.1: the server's public key as HMAC secret; HS256 is not an algorithm of the client")]
    public async Task Public_key_as_secret(Defect defect)
    {
        await using var party = await RelyingParty.StartAsync();
        await party.RejectsAsync(defect, "signed with 'HS256'");
    }

    [TestCase(Defect.IdTokenHmacWithPublicKeyPem)]
    [TestCase(Defect.IdTokenHmacWithPublicKeyJwk)]
    [Description("RFC 8725 §2.1: the same if HS256 is allowed in addition to RS256: only the client secret is used as HMAC secret")]
    public async Task Public_key_as_secret_where_secrets_may_sign(Defect defect)
    {
        await using var party = await RelyingParty.StartAsync(o => o.IdTokenSigningAlgorithms = ["RS256", "HS256"]);
        await party.RejectsAsync(defect, "does not verify with the client secret");
    }

    [TestCase(Defect.IdTokenKeyByUrl, "None of the server's keys matches")]
    [TestCase(Defect.IdTokenCertificateByUrl, "None of the server's keys matches")]
    [TestCase(Defect.IdTokenEmbeddedKey, "None of the server's keys matches")]
    [TestCase(Defect.IdTokenCriticalExtension, "requires an extension (crit)")]
    [Description("RFC 8725 §3.10, RFC 7515 §4.1: jku, x5u and jwk add no key and are not requested; an unknown crit is rejected")]
    public async Task Headers_that_add_a_key(Defect defect, string cause)
    {
        await using var party = await RelyingParty.StartAsync();
        // The server's key set may be requested any number of times; RejectsAsync fails if the address in the header is requested.
        await party.RejectsAsync(defect, cause);
        Assert.That(party.Server.RequestsTo(TestEndpoint.ForeignKeys), Is.Empty);
    }

    private static async Task RejectsBadSignatureAsync(string algorithm, string cause)
    {
        await using var party = await RelyingParty.StartAsync(
            o => o.IdTokenSigningAlgorithms = [algorithm],
            RelyingParty.Registered(idToken: algorithm)
        );
        await party.RejectsAsync(Defect.IdTokenBadSignature, cause);
        Assert.That(
            AlgorithmOf((await party.StoredAsync()).Single()),
            Is.EqualTo(algorithm),
            "which is the algorithm that was accepted without the defect"
        );
    }

    private static string? AlgorithmOf(Grant grant)
    {
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(grant.IdToken!.Reveal().Split('.')[0]));
        return header.RootElement.GetProperty("alg").GetString();
    }
}
