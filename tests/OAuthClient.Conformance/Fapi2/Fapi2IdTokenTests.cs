using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests the validation of ID Tokens under the FAPI 2.0 Security Profile, each time with one defect.</summary>
public sealed class Fapi2IdTokenTests : Fapi2TestBase
{
    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (2): iss is another server")]
    public Task fapi2_security_profile_final_client_test_invalid_iss() =>
        party.RejectsAsync(Defect.IdTokenWrongIssuer, "iss is 'https://attacker.example.com'");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (3): aud is another client")]
    public Task fapi2_security_profile_final_client_test_invalid_aud() =>
        party.RejectsAsync(Defect.IdTokenWrongAudience, "aud does not name this client");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (3): aud names an audience that is not trusted beside the client")]
    public Task fapi2_security_profile_final_client_test_invalid_secondary_aud() => party.RejectsAsync(Defect.IdTokenSecondAudience, "aud");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (11): nonce of another request")]
    public Task fapi2_security_profile_final_client_test_invalid_nonce() =>
        party.RejectsAsync(Defect.IdTokenWrongNonce, "nonce is not the nonce of the authorization request");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (9): the ID Token has expired")]
    public Task fapi2_security_profile_final_client_test_invalid_expired_exp() => party.RejectsAsync(Defect.IdTokenExpired, "expired");

    [Test]
    [Description("§5.4.1: alg none")]
    public Task fapi2_security_profile_final_client_test_invalid_null_alg() =>
        party.RejectsAsync(Defect.IdTokenUnsigned, "signed with 'none'");

    [Test]
    [Description("OpenID Connect Core §2: iss is required")]
    public Task fapi2_security_profile_final_client_test_invalid_missing_iss() =>
        party.RejectsAsync(Defect.IdTokenMissingIssuer, "iss is ''");

    [Test]
    [Description("OpenID Connect Core §2: aud is required")]
    public Task fapi2_security_profile_final_client_test_invalid_missing_aud() =>
        party.RejectsAsync(Defect.IdTokenMissingAudience, "aud does not name this client");

    [Test]
    [Description("OpenID Connect Core §2: exp is required")]
    public Task fapi2_security_profile_final_client_test_invalid_missing_exp() => party.RejectsAsync(Defect.IdTokenMissingExpiry, "no exp");

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (11): nonce is required")]
    public Task fapi2_security_profile_final_client_test_invalid_missing_nonce() => party.RejectsAsync(Defect.IdTokenMissingNonce, "nonce");

    [Test]
    [Description("§5.4.1: RS256, whose key has the same kid as that for PS256")]
    public async Task fapi2_security_profile_final_client_test_invalid_alternate_alg()
    {
        party.Server.AddClient(Fapi2Party.Registered(Fapi2Party.Key, idToken: "RS256"));
        Assert.That(
            async () => await party.SignInAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("signed with 'RS256'")
        );
        await party.RequireLastCallAsync(TestEndpoint.Token);
        party.Server.AddClient(Fapi2Party.Registered(Fapi2Party.Key, idToken: "PS256"));
        await party.AcceptsLoginAsync();
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (7): ES256, which the profile allows, is not the algorithm of this client")]
    public async Task Algorithm_that_the_client_did_not_register()
    {
        await using var strict = await Fapi2Party.StartAsync(o => o.IdTokenSigningAlgorithms = ["PS256"]);
        await strict.RejectsAsync(Defect.IdTokenOtherAlgorithm, "signed with 'ES256'");
    }

    [TestCase("ES256")]
    [TestCase("PS256")]
    [Description("§5.4.3: keys with the same kid are told apart by alg and use")]
    public async Task Decoy_keys(string algorithm)
    {
        party.Server.AddClient(Fapi2Party.Registered(Fapi2Party.Key, idToken: algorithm));
        var grant = await party.AcceptsLoginAsync();
        Assert.That(party.Server.Options.PublishDecoyKeys, Is.True);
        Assert.That(Fapi2Party.Read(grant.IdToken!.Reveal(), 0).GetProperty("alg").GetString(), Is.EqualTo(algorithm));
    }
}
