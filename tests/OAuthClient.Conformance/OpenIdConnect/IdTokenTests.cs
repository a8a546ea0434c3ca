using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>What an ID Token must claim (OpenID Connect Core §3.1.3.7), each time with one claim that is wrong or missing.</summary>
public sealed class IdTokenTests
{
    private RelyingParty party = null!;

    [SetUp]
    public async Task StartAsync() => party = await RelyingParty.StartAsync(server: o => o.AcrValuesSupported.Add("gold"));

    [TearDown]
    public async Task StopAsync() => await party.DisposeAsync();

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (2): iss is another server's")]
    public Task oidcc_client_test_invalid_iss() => party.RefusesAsync(Defect.IdTokenWrongIssuer, "iss is 'https://attacker.example.com'");

    [Test]
    [Description("OpenID Connect Core §2: sub is required")]
    public Task oidcc_client_test_missing_sub() => party.RefusesAsync(Defect.IdTokenMissingSubject, "no sub");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (3): aud is another client")]
    public Task oidcc_client_test_invalid_aud() => party.RefusesAsync(Defect.IdTokenWrongAudience, "aud does not name this client");

    [Test]
    [Description("OpenID Connect Core §2, §3.1.3.7 (3): aud is required")]
    public Task oidcc_client_test_missing_aud() => party.RefusesAsync(Defect.IdTokenMissingAudience, "aud does not name this client");

    [Test]
    [Description("OpenID Connect Core §2: iat is required")]
    public Task oidcc_client_test_missing_iat() => party.RefusesAsync(Defect.IdTokenMissingIssuedAt, "no iat");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (11): the nonce is another request's")]
    public Task oidcc_client_test_nonce_invalid() =>
        party.RefusesAsync(Defect.IdTokenWrongNonce, "nonce is not that of the authorization request");

    [TestCase(Defect.IdTokenMissing, "no ID Token")]
    [TestCase(Defect.IdTokenMissingIssuer, "iss is ''")]
    [TestCase(Defect.IdTokenDuplicateIssuer, "holds a member twice")]
    [TestCase(Defect.IdTokenSecondAudience, "further audiences")]
    [TestCase(Defect.IdTokenWrongAuthorizedParty, "azp is another client")]
    [TestCase(Defect.IdTokenMissingExpiry, "no exp")]
    [TestCase(Defect.IdTokenExpired, "expired")]
    [TestCase(Defect.IdTokenIssuedInTheFuture, "issued in the future")]
    [TestCase(Defect.IdTokenMissingNonce, "nonce is not that of the authorization request")]
    [TestCase(Defect.IdTokenWrongAccessTokenHash, "at_hash")]
    [Description("OpenID Connect Core §3.1.3.3, §3.1.3.7, §3.1.3.8: what the suite has no module for")]
    public Task Other_claims(Defect defect, string cause) => party.RefusesAsync(defect, cause);

    [TestCase(Defect.IdTokenWrongAcr, "acr is none of RequiredAcrValues")]
    [TestCase(Defect.IdTokenOldAuthentication, "longer ago than max_age")]
    [TestCase(Defect.IdTokenMissingAuthenticationTime, "no auth_time")]
    [Description("OpenID Connect Core §3.1.3.7 (12), (13): what the request demanded of the authentication")]
    public Task Demands_on_the_authentication(Defect defect, string cause) =>
        party.RefusesAsync(defect, cause, parameters: new() { MaxAge = TimeSpan.FromHours(1), RequiredAcrValues = ["gold"] });

    [TestCase(100 * 1024)]
    [TestCase(1024 * 1024)]
    [Description("Threat: oversized body. An ID Token of 64 KiB, or with it a token response of 1 MiB, is not even parsed")]
    public async Task Too_large(int padding)
    {
        party.Server.Options.OnIdTokenClaims = claims => claims["padding"] = new string('x', padding);
        Assert.That(
            async () => await party.SignInAsync(),
            padding < 1024 * 1024
                ? Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("longer than 65536 characters")
                : Throws.TypeOf<HttpRequestException>().With.Message.Contains("1048576")
        );
        await party.EndedAtAsync(TestEndpoint.Token);
    }
}
