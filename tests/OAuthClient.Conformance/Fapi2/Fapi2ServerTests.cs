using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests servers that do not support the FAPI 2.0 Security Profile, or violate it.</summary>
public sealed class Fapi2ServerTests : Fapi2TestBase
{
    [TestCase("pushed_authorization_request_endpoint", "§5.3.2.2")]
    [TestCase("code_challenge_methods_supported", "§5.3.2.2")]
    [TestCase("token_endpoint", "§5.3.3.2")]
    [Description("§5.3.3.1: the metadata lack what the profile requires; the browser is sent nowhere")]
    public async Task Incomplete_metadata(string member, string section)
    {
        party.Server.Options.OnMetadata = metadata => metadata.Remove(member);
        Assert.That(
            async () => await party.SignInAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains($"FAPI 2.0 Security Profile {section}")
        );
        await party.RequireLastCallAsync(TestEndpoint.Metadata);
    }

    [Test]
    [Description("§5.3.3.2: a refused push is no reason to send the parameters through the browser")]
    public async Task Refused_push()
    {
        party.Server.Faults.Add(TestEndpoint.PushedAuthorization, Fault.Status(400, """{"error":"invalid_request"}"""));
        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<EndpointException>().With.Message.Contains("invalid_request"));
        await party.RequireLastCallAsync(TestEndpoint.PushedAuthorization);
    }

    [Test]
    [Description("§5.3.3.1, RFC 9449 §5: a bearer token in place of a bound one is not used")]
    public async Task Bearer_token()
    {
        (party.Server.Options.IgnoreDPoPProofs, party.Server.Options.RequireSenderConstrainedTokens) = (true, false);
        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("DPoP"));
        await party.RequireLastCallAsync(TestEndpoint.Token);
    }

    [Test]
    [Description("RFC 9449 §5: a refused proof is reported and not sent again")]
    public async Task Refused_proof()
    {
        party.Server.Faults.Add(TestEndpoint.Token, Fault.InvalidDPoPProof());
        Assert.That(
            async () => await party.SignInAsync(),
            Throws.TypeOf<TokenEndpointException>().With.Message.Contains("invalid_dpop_proof")
        );
        await party.RequireLastCallAsync(TestEndpoint.Token);
    }

    [Test]
    [Description("RFC 9449 §8: a server that asks for another nonce each time receives two requests, and no more")]
    public async Task Endless_nonces()
    {
        party.Server.Faults.Add(TestEndpoint.Token, Fault.DPoPNonceChallenge());
        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<TokenEndpointException>().With.Message.Contains("use_dpop_nonce"));
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2));
        Assert.That(await party.StoredAsync(), Is.Empty);
    }

    [Test]
    [Description("RFC 9449 §8.2, §9: each response has a new nonce, and the old one is refused")]
    public async Task Rotated_nonces()
    {
        party.Server.Options.RotateDPoPNonces = party.Api.Options.RotateDPoPNonces = true;
        var grant = await party.AcceptsLoginAsync();
        party.Server.RotateDPoPNonce();
        party.Api.RotateDPoPNonce();
        await party.ReachesApiAsync(grant);
    }
}
