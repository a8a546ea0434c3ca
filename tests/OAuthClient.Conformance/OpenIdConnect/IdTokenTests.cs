using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// Tests validation of the claims of an ID Token (OpenID Connect Core §3.1.3.7), each time with one wrong or missing claim.
/// </summary>
public sealed class IdTokenTests : RelyingPartyTestBase
{
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
}
