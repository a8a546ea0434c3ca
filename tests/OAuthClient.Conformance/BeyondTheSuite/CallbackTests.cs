using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// Tests that no code is redeemed for a callback that does not belong to the pending authorization (RFC 6749 §10.12, RFC 9207 §2.4).
/// </summary>
public sealed class CallbackTests : RelyingPartyTestBase
{
    [TestCase(Defect.CallbackWrongState, "state is not that of the pending authorization")]
    [TestCase(Defect.CallbackMissingState, "no state")]
    [TestCase(Defect.CallbackWrongIssuer, "comes from 'https://attacker.example.com'")]
    [TestCase(Defect.CallbackMissingIssuer, "no iss")]
    [TestCase(Defect.CallbackDuplicateCode, "'code' more than once")]
    [TestCase(Defect.CallbackDuplicateState, "'state' more than once")]
    [Description("RFC 6749 §3.1, §10.12, RFC 9207 §2.4: state and iss that are wrong, missing or duplicate")]
    public Task Wrong_parameters(Defect defect, string cause) => party.RejectsAsync(defect, cause, TestEndpoint.Authorization);

    [Test]
    [Description("RFC 6749 §3.1, threat: duplicate callback parameters. The second value differs, before or after the valid one")]
    public async Task Second_value_of_a_parameter([Values("code", "state", "iss", "error")] string name, [Values] bool before)
    {
        party.Server.Options.OnAuthorizationResponse = parameters =>
        {
            if (name == "error")
                parameters.Add(new("error", "access_denied"));
            parameters.Insert(before ? 0 : parameters.Count, new(name, "https://attacker.example.com"));
        };
        Assert.That(
            async () => await party.SignInAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains($"'{name}' more than once")
        );
        await party.RequireLastCallAsync(TestEndpoint.Authorization);
    }
}
