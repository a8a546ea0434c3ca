using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// Tests signed authorization responses (JARM) and signed requests (JAR) as FAPI 2.0 Message Signing requires them, each time with one
/// defect of the response.
/// </summary>
public sealed class Fapi2SignedResponseTests : RelyingPartyTestBase
{
    [Test]
    [Description("JARM §2.4: alg none")]
    public Task fapi2_security_profile_final_client_test_ensure_jarm_signature_is_not_none() =>
        party.RejectsAsync(Defect.SignedResponseUnsigned, "signed with 'none'", TestEndpoint.Authorization);

    [Test]
    [Description("JARM §2.4: the response has expired")]
    public Task fapi2_security_profile_final_client_test_ensure_jarm_with_expired_exp_fails() =>
        party.RejectsAsync(Defect.SignedResponseExpired, "expired", TestEndpoint.Authorization);

    [Test]
    [Description("JARM §2.4: aud is another client")]
    public Task fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_aud_fails() =>
        party.RejectsAsync(Defect.SignedResponseWrongAudience, "does not name this client", TestEndpoint.Authorization);

    [Test]
    [Description("JARM §2.4: iss is another server")]
    public Task fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_iss_fails() =>
        party.RejectsAsync(Defect.SignedResponseWrongIssuer, "comes from 'https://attacker.example.com'", TestEndpoint.Authorization);

    [Test]
    [Description("JARM §2.4: the signature does not verify")]
    public Task fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_sig_fails() =>
        party.RejectsAsync(Defect.SignedResponseBadSignature, "does not verify", TestEndpoint.Authorization);

    [Test]
    [Description("JARM §2.1: aud is required")]
    public Task fapi2_security_profile_final_client_test_ensure_jarm_without_aud_fails() =>
        party.RejectsAsync(Defect.SignedResponseMissingAudience, "does not name this client", TestEndpoint.Authorization);

    [Test]
    [Description("JARM §2.1: exp is required")]
    public Task fapi2_security_profile_final_client_test_ensure_jarm_without_exp_fails() =>
        party.RejectsAsync(Defect.SignedResponseMissingExpiry, "no exp", TestEndpoint.Authorization);

    [Test]
    [Description("JARM §2.1: iss is required")]
    public Task fapi2_security_profile_final_client_test_ensure_jarm_without_iss_fails() =>
        party.RejectsAsync(Defect.SignedResponseMissingIssuer, "no iss", TestEndpoint.Authorization);

    [Test]
    [Description("JARM §2.4: an unsigned response in place of a signed one")]
    public Task Unsigned_response() => party.RejectsAsync(Defect.SignedResponseMissing, "is not signed", TestEndpoint.Authorization);

    [Test]
    [Description("FAPI 2.0 Message Signing §5.3.1, §5.4.1: the pushed request is signed for the issuer, and the response with PS256")]
    public async Task Signed_request_and_response()
    {
        await party.AcceptsLoginAsync();
        var push = party.Server.RequestsTo(TestEndpoint.PushedAuthorization).Single();
        Assert.That(Fapi2Party.Read(push.Form["request"], 0).GetProperty("alg").GetString(), Is.EqualTo("ES256"));
        Assert.That(
            Fapi2Party.Read(push.Form["request"], 1).GetProperty("aud").GetString(),
            Is.EqualTo(party.Server.Issuer.OriginalString)
        );
        Assert.That(push.Form, Does.Not.ContainKey("code_challenge"));
    }

    private protected override Task<RelyingParty> StartPartyAsync() =>
        Fapi2Party.StartAsync(o => (o.ResponseMode, o.SignedAuthorizationRequests) = ("jwt", true));
}
