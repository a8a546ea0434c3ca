using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests that each defect changes exactly one aspect of the server's responses.</summary>
[TestFixture]
internal sealed class DefectTests
{
    // The problems of the ID Tokens from a code and from a refresh.
    private static readonly Dictionary<Defect, string[]> IdTokenProblems = new()
    {
        [Defect.IdTokenMissing] = ["missing"],
        [Defect.IdTokenUnsigned] = ["alg"],
        [Defect.IdTokenBadSignature] = ["signature"],
        [Defect.IdTokenUnknownKey] = ["kid"],
        [Defect.IdTokenOtherAlgorithm] = ["alg"],
        [Defect.IdTokenHmacWithPublicKeyPem] = ["alg", "signature"],
        [Defect.IdTokenHmacWithPublicKeyJwk] = ["alg", "signature"],
        [Defect.IdTokenKeyByUrl] = ["jku", "kid"],
        [Defect.IdTokenCertificateByUrl] = ["x5u", "kid"],
        [Defect.IdTokenEmbeddedKey] = ["jwk", "kid"],
        [Defect.IdTokenCriticalExtension] = ["crit"],
        [Defect.IdTokenDuplicateIssuer] = ["duplicate member"],
        [Defect.IdTokenTooLarge] = ["size"],
        [Defect.IdTokenWrongIssuer] = ["iss"],
        [Defect.IdTokenMissingIssuer] = ["iss"],
        [Defect.IdTokenMissingSubject] = ["sub"],
        [Defect.IdTokenWrongAudience] = ["aud"],
        [Defect.IdTokenMissingAudience] = ["aud"],
        [Defect.IdTokenSecondAudience] = ["aud"],
        [Defect.IdTokenWrongAuthorizedParty] = ["azp"],
        [Defect.IdTokenMissingExpiry] = ["exp"],
        [Defect.IdTokenExpired] = ["exp"],
        [Defect.IdTokenMissingIssuedAt] = ["iat"],
        [Defect.IdTokenIssuedInTheFuture] = ["iat"],
        [Defect.IdTokenWrongAccessTokenHash] = ["at_hash"],
        [Defect.IdTokenWrongAcr] = ["acr"],
        [Defect.IdTokenOldAuthentication] = ["auth_time"],
        [Defect.IdTokenMissingAuthenticationTime] = ["auth_time"],
    };

    private static readonly Dictionary<Defect, string> OtherProblems = new()
    {
        [Defect.MetadataWrongIssuer] = "metadata: issuer",
        [Defect.MetadataMissingIssuer] = "metadata: issuer",
        [Defect.MetadataOnlyPlainCodeChallenge] = "metadata: code_challenge_methods_supported",
        [Defect.CallbackWrongState] = "callback: state",
        [Defect.CallbackMissingState] = "callback: state",
        [Defect.CallbackDuplicateState] = "callback: state",
        [Defect.CallbackWrongIssuer] = "callback: iss",
        [Defect.CallbackMissingIssuer] = "callback: iss",
        [Defect.CallbackDuplicateCode] = "callback: code",
        [Defect.IdTokenWrongNonce] = "id_token: nonce",
        [Defect.IdTokenMissingNonce] = "id_token: nonce",
        [Defect.RefreshedIdTokenWrongIssuer] = "refreshed: iss",
        [Defect.RefreshedIdTokenWrongSubject] = "refreshed: sub",
        [Defect.RefreshedIdTokenWrongAudience] = "refreshed: aud",
        [Defect.RefreshedIdTokenWrongAuthenticationTime] = "refreshed: auth_time",
        [Defect.RefreshedIdTokenWrongNonce] = "refreshed: nonce",
        [Defect.UserInfoWrongSubject] = "userinfo: sub",
        [Defect.UserInfoMissingSubject] = "userinfo: sub",
        [Defect.UserInfoUnsigned] = "userinfo: alg",
        [Defect.UserInfoBadSignature] = "userinfo: signature",
        [Defect.UserInfoWrongIssuer] = "userinfo: iss",
        [Defect.UserInfoWrongAudience] = "userinfo: aud",
        [Defect.IntrospectionUnsigned] = "introspection: alg",
        [Defect.IntrospectionBadSignature] = "introspection: signature",
        [Defect.IntrospectionWrongType] = "introspection: typ",
        [Defect.IntrospectionWrongIssuer] = "introspection: iss",
        [Defect.IntrospectionWrongAudience] = "introspection: aud",
        [Defect.LogoutTokenUnsigned] = "logout_token: alg",
        [Defect.LogoutTokenBadSignature] = "logout_token: signature",
        [Defect.LogoutTokenOtherAlgorithm] = "logout_token: alg",
        [Defect.LogoutTokenWrongType] = "logout_token: typ",
        [Defect.LogoutTokenWrongIssuer] = "logout_token: iss",
        [Defect.LogoutTokenWrongAudience] = "logout_token: aud",
        [Defect.LogoutTokenMissingIssuedAt] = "logout_token: iat",
        [Defect.LogoutTokenMissingExpiry] = "logout_token: exp",
        [Defect.LogoutTokenExpired] = "logout_token: exp",
        [Defect.LogoutTokenMissingId] = "logout_token: jti",
        [Defect.LogoutTokenMissingEvent] = "logout_token: events",
        [Defect.LogoutTokenWrongEvent] = "logout_token: events",
        [Defect.LogoutTokenWithNonce] = "logout_token: nonce",
        [Defect.LogoutTokenAboutNobody] = "logout_token: sub, sid",
        [Defect.PostLogoutWrongState] = "post_logout: state",
        [Defect.PostLogoutMissingState] = "post_logout: state",
        [Defect.SignedResponseMissing] = "response: missing",
        [Defect.SignedResponseUnsigned] = "response: alg",
        [Defect.SignedResponseBadSignature] = "response: signature",
        [Defect.SignedResponseWrongIssuer] = "response: iss",
        [Defect.SignedResponseMissingIssuer] = "response: iss",
        [Defect.SignedResponseWrongAudience] = "response: aud",
        [Defect.SignedResponseMissingAudience] = "response: aud",
        [Defect.SignedResponseExpired] = "response: exp",
        [Defect.SignedResponseMissingExpiry] = "response: exp",
    };

    [Test, Description("An inspection of all responses reports exactly the selected defect")]
    public async Task Defect_changes_exactly_one_aspect([Values] Defect defect)
    {
        await using TestBed bed = await StartAsync(defect);

        IReadOnlyList<string> problems = await new ServerInspection(bed, "RS256").ProblemsAsync();

        string[] expected =
            defect is Defect.None ? []
            : IdTokenProblems.TryGetValue(defect, out string[]? expectedProblems)
                ?
                [
                    .. expectedProblems.Select(problem => "id_token: " + problem),
                    .. expectedProblems.Select(problem => "refreshed: " + problem),
                ]
            : [OtherProblems[defect]];
        Assert.That(problems, Is.EqualTo(expected));
    }

    [TestCase("ES256", Defect.IdTokenBadSignature, "signature")]
    [TestCase("PS384", Defect.IdTokenBadSignature, "signature")]
    [TestCase("HS256", Defect.IdTokenBadSignature, "signature")]
    [TestCase("ES256", Defect.IdTokenOtherAlgorithm, "alg")]
    [TestCase("HS256", Defect.IdTokenUnsigned, "alg")]
    [TestCase("ES256", Defect.None, null)]
    [TestCase("HS256", Defect.None, null)]
    [Description("The defects of the ID Token apply to asymmetric and HMAC algorithms")]
    public async Task Defect_works_with_every_signing_algorithm(string algorithm, Defect defect, string? problem)
    {
        await using TestBed bed = await StartAsync(defect);

        IReadOnlyList<string> problems = await new ServerInspection(bed, algorithm).ProblemsAsync();

        Assert.That(problems, Is.EqualTo(problem is null ? Array.Empty<string>() : ["id_token: " + problem, "refreshed: " + problem]));
    }

    [Test, Description("RFC 8725 §2.1: the token is valid for a client that uses the public key as the HMAC secret")]
    public async Task Public_key_is_the_HMAC_secret_in_both_formats()
    {
        await using TestBed bed = await StartAsync(Defect.IdTokenHmacWithPublicKeyPem);
        string byPem = await IdTokenAsync(bed);
        bed.Server.Options.Defect = Defect.IdTokenHmacWithPublicKeyJwk;
        string byJwk = await IdTokenAsync(bed);
        JsonObject published = (await bed.KeysAsync()).Single()!.AsObject();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)Jose.Header(byPem)["kid"], Is.EqualTo((string?)published["kid"]));
            Assert.That(Jose.VerifiesHmac(byPem, Encoding.UTF8.GetBytes(Jose.Pem(published))), Is.True);
            Assert.That(Jose.VerifiesHmac(byJwk, Encoding.UTF8.GetBytes(published.ToJsonString())), Is.True);
        }
    }

    [Test, Description("RFC 8725 §3.10, RFC 7515 §4.1.3: the token is valid for a client that trusts the key in the header")]
    public async Task Header_refers_to_the_foreign_key()
    {
        await using TestBed bed = await StartAsync(Defect.IdTokenKeyByUrl);
        string byUrl = await IdTokenAsync(bed);
        bed.Server.Options.Defect = Defect.IdTokenCertificateByUrl;
        string byCertificate = await IdTokenAsync(bed);
        bed.Server.Options.Defect = Defect.IdTokenEmbeddedKey;
        string embedded = await IdTokenAsync(bed);

        JsonObject set = await TestBed.JsonAsync(
            await bed.GetAsync(new Uri((string)Jose.Header(byUrl)["jku"]!)),
            System.Net.HttpStatusCode.OK
        );
        using HttpResponseMessage pem = await bed.GetAsync(new Uri((string)Jose.Header(byCertificate)["x5u"]!));
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(await pem.Content.ReadAsStringAsync());
        using RSA key = certificate.GetRSAPublicKey()!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Jose.KeysThatVerify(byUrl, set["keys"]!.AsArray()), Has.Count.EqualTo(1));
            Assert.That(Jose.Verifies(byCertificate, Jose.PublicKey(key)), Is.True);
            Assert.That(Jose.Verifies(embedded, Jose.Header(embedded)["jwk"]!.AsObject()), Is.True);
            Assert.That(bed.Server.RequestsTo(TestEndpoint.ForeignKeys), Has.Count.EqualTo(2));
            Assert.That(Jose.KeysThatVerify(byUrl, await bed.KeysAsync()), Is.Empty);
        }
    }

    [Test, Description("A change of the option takes effect on the next request")]
    public async Task Defect_can_be_changed_at_run_time()
    {
        await using TestBed bed = await StartAsync(Defect.IdTokenUnsigned);
        string unsigned = await IdTokenAsync(bed);
        bed.Server.Options.Defect = Defect.None;
        string signed = await IdTokenAsync(bed);

        Assert.That(((string?)Jose.Header(unsigned)["alg"], (string?)Jose.Header(signed)["alg"]), Is.EqualTo(("none", "RS256")));
    }

    private static Task<TestBed> StartAsync(Defect defect) =>
        TestBed.StartAsync(options =>
        {
            options.Defect = defect;
            options.AcrValuesSupported.Add("gold");
        });

    private static async Task<string> IdTokenAsync(TestBed bed) => (string)(await bed.TokensAsync())["id_token"]!;
}
