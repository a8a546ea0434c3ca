using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// Tests validation of the claims of an ID Token (OpenID Connect Core §3.1.3.7), each time with one wrong or missing claim.
/// </summary>
public sealed class IdTokenTests
{
    private RelyingParty party = null!;

    [SetUp]
    public async Task StartAsync() => party = await RelyingParty.StartAsync(server: o => o.AcrValuesSupported.Add("gold"));

    [TearDown]
    public async Task StopAsync() => await party.DisposeAsync();

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (2): iss is another server")]
    public Task oidcc_client_test_invalid_iss() => party.RejectsAsync(Defect.IdTokenWrongIssuer, "iss is 'https://attacker.example.com'");

    [Test]
    [Description("OpenID Connect Core §2: sub is required")]
    public Task oidcc_client_test_missing_sub() => party.RejectsAsync(Defect.IdTokenMissingSubject, "no sub");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (3): aud is another client")]
    public Task oidcc_client_test_invalid_aud() => party.RejectsAsync(Defect.IdTokenWrongAudience, "aud does not name this client");

    [Test]
    [Description("OpenID Connect Core §2, §3.1.3.7 (3): aud is required")]
    public Task oidcc_client_test_missing_aud() => party.RejectsAsync(Defect.IdTokenMissingAudience, "aud does not name this client");

    [Test]
    [Description("OpenID Connect Core §2: iat is required")]
    public Task oidcc_client_test_missing_iat() => party.RejectsAsync(Defect.IdTokenMissingIssuedAt, "no iat");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (11): nonce of another request")]
    public Task oidcc_client_test_nonce_invalid() =>
        party.RejectsAsync(Defect.IdTokenWrongNonce, "nonce is not the nonce of the authorization request");

    [TestCase(Defect.IdTokenMissing, "no ID Token")]
    [TestCase(Defect.IdTokenMissingIssuer, "iss is ''")]
    [TestCase(Defect.IdTokenDuplicateIssuer, "has a duplicate member")]
    [TestCase(Defect.IdTokenSecondAudience, "further audiences")]
    [TestCase(Defect.IdTokenWrongAuthorizedParty, "azp names another client")]
    [TestCase(Defect.IdTokenMissingExpiry, "no exp")]
    [TestCase(Defect.IdTokenExpired, "expired")]
    [TestCase(Defect.IdTokenIssuedInTheFuture, "issued in the future")]
    [TestCase(Defect.IdTokenMissingNonce, "nonce is not the nonce of the authorization request")]
    [TestCase(Defect.IdTokenWrongAccessTokenHash, "at_hash")]
    [Description("OpenID Connect Core §3.1.3.3, §3.1.3.7, §3.1.3.8: defects for which the suite has no module")]
    public Task Other_claims(Defect defect, string cause) => party.RejectsAsync(defect, cause);

    [TestCase(Defect.IdTokenWrongAcr, "acr is none of RequiredAcrValues")]
    [TestCase(Defect.IdTokenOldAuthentication, "longer ago than max_age")]
    [TestCase(Defect.IdTokenMissingAuthenticationTime, "no auth_time")]
    [Description("OpenID Connect Core §3.1.3.7 (12), (13): requirements of the request for the authentication")]
    public Task Required_authentication(Defect defect, string cause) =>
        party.RejectsAsync(defect, cause, parameters: new() { MaxAge = TimeSpan.FromHours(1), RequiredAcrValues = ["gold"] });

    [TestCase(100 * 1024)]
    [TestCase(1024 * 1024)]
    [Description("Threat: oversized body. An ID Token of 64 KiB, or a token response of 1 MiB with it, is not parsed")]
    public async Task Too_large(int padding)
    {
        party.Server.Options.OnIdTokenClaims = claims => claims["padding"] = new string('x', padding);
        Assert.That(
            async () => await party.SignInAsync(),
            padding < 1024 * 1024
                ? Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("longer than 65536 characters")
                : Throws.TypeOf<HttpRequestException>().With.Message.Contains("1048576")
        );
        await party.RequireLastCallAsync(TestEndpoint.Token);
    }
}
