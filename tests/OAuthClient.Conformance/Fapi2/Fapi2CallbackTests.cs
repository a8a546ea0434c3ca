using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests that no code is redeemed for a callback of another authorization, or of another server.</summary>
public sealed class Fapi2CallbackTests : Fapi2TestBase
{
    [Test]
    [Description("§5.3.3.2, RFC 9207 §2.4: iss is another server")]
    public Task fapi2_security_profile_final_client_test_invalid_authorization_response_iss() =>
        party.RejectsAsync(Defect.CallbackWrongIssuer, "comes from 'https://attacker.example.com'", TestEndpoint.Authorization);

    [Test]
    [Description("§5.3.3.2, RFC 9207 §2.4: no iss, although the metadata promise it")]
    public Task fapi2_security_profile_final_client_test_remove_authorization_response_iss() =>
        party.RejectsAsync(Defect.CallbackMissingIssuer, "no iss", TestEndpoint.Authorization);

    [Test]
    [Description("RFC 6749 §10.12: state of another authorization")]
    public Task fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_state_fails() =>
        party.RejectsAsync(Defect.CallbackWrongState, "state is not that of the pending authorization", TestEndpoint.Authorization);

    [Test]
    [Description("RFC 6749 §10.12: no state")]
    public Task fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_missing_state_fails() =>
        party.RejectsAsync(Defect.CallbackMissingState, "no state", TestEndpoint.Authorization);

    [Test]
    [Description("§5.3.3.2, RFC 9207: no iss at a server whose metadata do not promise it; the profile requires it all the same")]
    public async Task No_iss_and_no_promise()
    {
        party.Server.Options.SendIss = false;
        Assert.That(
            async () => await party.SignInAsync(),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contains("no iss")
                .And.Message.Contains("FAPI 2.0 Security Profile §5.3.3.2")
        );
        await party.RequireLastCallAsync(TestEndpoint.Authorization);
    }
}
