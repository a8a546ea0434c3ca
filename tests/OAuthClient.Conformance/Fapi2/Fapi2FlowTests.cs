using System.Text.Json;
using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// Tests the flow of the FAPI 2.0 Security Profile without faults: pushed requests, DPoP and <c>private_key_jwt</c>, at a server whose key
/// set contains decoy keys with the same <c>kid</c>.
/// </summary>
public sealed class Fapi2FlowTests : Fapi2TestBase
{
    [Test]
    [Description("§5.3.3.1: the server and the API require nonces in DPoP proofs (RFC 9449 §8, §9)")]
    public async Task fapi2_security_profile_final_client_test_happy_path()
    {
        party.Server.Options.RequireDPoPNonces = party.Api.Options.RequireDPoPNonces = true;
        await AcceptsBoundLoginAsync();
        Assert.That(party.Server.RequestsTo(TestEndpoint.PushedAuthorization), Has.Count.EqualTo(2), "the first response has the nonce");
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));
        Assert.That(Proof(party.Api.Requests[^1]).GetProperty("nonce").GetString(), Is.Not.Empty);
    }

    [Test]
    [Description("§5.3.3.1, §5.3.3.2: no nonces; the browser carries only client_id and request_uri, and aud of assertions is the issuer")]
    public async Task fapi2_security_profile_final_client_test_happy_path_no_dpop_nonce()
    {
        await AcceptsBoundLoginAsync();
        var browser = party.Server.RequestsTo(TestEndpoint.Authorization)[0];
        Assert.That(browser.Query.Keys, Is.EquivalentTo(["client_id", "request_uri"]));
        var push = party.Server.RequestsTo(TestEndpoint.PushedAuthorization).Single();
        Assert.That(push.Form["code_challenge_method"], Is.EqualTo("S256"));
        var token = party.Server.RequestsTo(TestEndpoint.Token).Single();
        foreach (var request in new[] { push, token })
        {
            var audience = Fapi2Party.Read(request.Form["client_assertion"], 1).GetProperty("aud");
            Assert.That(audience.GetString(), Is.EqualTo(party.Server.Issuer.OriginalString), "a string, and no array");
            Assert.That(request.Headers, Does.Not.ContainKey("Authorization"));
        }
        Assert.That(push.Form["dpop_jkt"], Is.EqualTo((await party.StoredAsync()).Single().AccessToken!.KeyThumbprint));
    }

    [Test]
    [Description("OpenID Connect Core §2: the aud of the ID Token is an array with the client alone")]
    public async Task fapi2_security_profile_final_client_test_valid_aud_as_array()
    {
        party.Server.Options.OnIdTokenClaims = claims => claims["aud"] = new JsonArray(RelyingParty.Name);
        await AcceptsBoundLoginAsync();
    }

    [Test]
    [Description("RFC 6749 §5.1: token_type is dPOP")]
    public async Task fapi2_security_profile_final_client_test_token_type_case_insensitivity()
    {
        party.Server.Faults.Add(TestEndpoint.Token, Fault.DeviatingTokenResponse(TokenResponseDeviation.TokenTypeCase));
        await AcceptsBoundLoginAsync();
    }

    [Test]
    [Description("RFC 9110 §11.1: the scheme of the API's challenge for a nonce has another case")]
    public async Task fapi2_security_profile_final_client_test_rs_dpop_auth_scheme_case_insensitivity()
    {
        party.Api.Options.RequireDPoPNonces = true;
        party.Api.Faults.Add(TestEndpoint.Resource, Fault.DeviatingChallenge(ChallengeDeviation.SchemeCase));
        await AcceptsBoundLoginAsync();
        Assert.That(party.Api.Requests, Has.Count.EqualTo(2), "the second request has the nonce");
    }

    [Test]
    [Description("RFC 6749 §5.1: the token response has no expires_in")]
    public async Task fapi2_security_profile_final_client_test_token_endpoint_response_without_expires_in()
    {
        party.Server.Options.OnTokenResponse = response => response.Remove("expires_in");
        await AcceptsBoundLoginAsync();
    }

    [Test]
    [Description("§5.3.3.1: the API refuses the token, twice; each refresh token is used once, with a proof and an assertion of its own")]
    public async Task fapi2_security_profile_final_client_test_refresh_token_test()
    {
        var first = await AcceptsBoundLoginAsync();
        party.Server.ClearRequests();
        for (int refresh = 1; refresh <= 2; refresh++)
        {
            // An API that rejects a token at once after a refresh causes no other refresh.
            party.Clock.Advance(TimeSpan.FromMinutes(10));
            party.Server.ExpireAccessTokens();
            await party.CallApiAsync();
            await party.ReachesApiAsync((await party.StoredAsync()).Single());
        }
        var requests = party.Server.RequestsTo(TestEndpoint.Token);
        Assert.That(requests, Has.Count.EqualTo(2));
        Assert.That(requests[0].Form["refresh_token"], Is.EqualTo(first.RefreshToken!.Reveal()));
        Assert.That(requests.Select(request => request.Form["refresh_token"]), Is.Unique);
        Assert.That(requests.Select(request => request.Form["client_assertion"]), Is.Unique);
        Assert.That(requests.Select(request => request.Headers["DPoP"]), Is.Unique);
        Assert.That((await party.StoredAsync()).Single().Generation, Is.EqualTo(first.Generation + 2));
    }

    [Test]
    [Description("§5.3.3.1, RFC 8414 §3.3: metadata of another issuer are not used")]
    public Task fapi2_security_profile_final_client_test_discovery_issuer_mismatch() =>
        party.RejectsAsync(Defect.MetadataWrongIssuer, "names the issuer 'https://attacker.example.com'", TestEndpoint.Metadata);

    private async Task<Grant> AcceptsBoundLoginAsync()
    {
        var grant = await party.AcceptsLoginAsync();
        Assert.That(grant.AccessToken!.TokenType, Is.EqualTo("DPoP"));
        Assert.That(Fapi2Party.Read(grant.IdToken!.Reveal(), 0).GetProperty("alg").GetString(), Is.EqualTo("PS256"));
        Assert.That(Proof(party.Server.RequestsTo(TestEndpoint.Token)[^1]).GetProperty("htm").GetString(), Is.EqualTo("POST"));
        return grant;
    }

    private static JsonElement Proof(RecordedRequest request) => Fapi2Party.Read(request.Headers["DPoP"], 1);
}
