using System.Text.Json;
using OAuthClient.Testing;

namespace OAuthClient.Tests.DPoP;

/// <summary>
/// Proves that neither the private key, nor a proof, nor a bound token appears in any log, trace, metric, text or exception.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPCanaryTests
{
    [Test]
    [Description("§11.2, RFC 6819 §4.1.6: a key that is exposed lets others use the tokens")]
    public async Task Nothing_exposes_the_key_or_a_proof()
    {
        await using var host = await CanaryHost.StartAsync();
        (host.Server.Options.RequireDPoP, host.Server.Options.RequireDPoPNonces) = (true, true);
        host.Api.Options.RequireDPoPNonces = true;
        host.Options.DPoP.Enabled = true;
        host.Options.DPoP.KeyPerGrant = true;
        var owner = GrantOwner.User(CanaryHost.Owner);

        var pending = await host.BeginAsync();
        AddKey(host, pending.DPoPKey!);
        var callback = AuthorizationResponse.Parse(await host.SignInAsync(pending));
        var grant = await host.Client.CompleteAuthorizationAsync(pending, callback, owner);
        using var http = host.Http();
        await http.GetStringAsync(new Uri("/me", UriKind.Relative));
        host.Server.ExpireAccessTokens();
        await http.GetStringAsync(new Uri("/me", UriKind.Relative));
        await host.Client.GetUserInfoAsync(owner);
        var own = (await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials())).AccessToken;
        AddKey(host, own.Key!);
        Fault[] faults =
        [
            Fault.DPoPNonceChallenge(),
            Fault.InvalidDPoPProof(),
            Fault.ResetAfterWork(),
            Fault.RewrittenBody(body => body.Replace("\"DPoP\"", "\"Bearer\"", StringComparison.Ordinal)),
        ];
        foreach (var fault in faults)
            await host.ProvokeAsync(() => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), fault);
        var newest = (await host.Client.FindGrantAsync(owner))!;

        host.Examine(pending, pending.DPoPKey!, grant, newest, newest.AccessToken!, own, own.Key!, own.Key!.PrivateJwk!, host.Options);
        var requests = host
            .Server.RequestsTo(TestEndpoint.Token)
            .Concat(host.Server.RequestsTo(TestEndpoint.UserInfo))
            .Concat(host.Api.Requests);
        foreach (var request in requests)
            host.AddSecret(request.Headers.GetValueOrDefault("DPoP"));
        host.AssertNoSecretWasRecorded(atLeastSecrets: 20);
    }

    [Test]
    [Description("RFC 6819 §4.1.6: a server that quotes the proof does not bring it into a message")]
    public async Task An_endpoint_that_quotes_the_proof_does_not_expose_it([Values("error", "error_description")] string member)
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        string? sent = null;
        server.Answers(request =>
        {
            sent = request.Proof;
            Dictionary<string, string?> json = new() { ["error"] = "invalid_dpop_proof" };
            json[member] = sent;
            return ScriptedServer.Json(400, JsonSerializer.Serialize(json));
        });

        var exception = Assert.ThrowsAsync<TokenEndpointException>(async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client))!;

        string signature = sent!.Split('.')[2];
        Assert.That(exception.ToString(), Does.Not.Contain(sent[..100]).And.Not.Contain(signature));
        Assert.That(exception.ErrorDescription ?? "", Does.Not.Contain(sent[..100]));
    }

    [Test]
    [Description("RFC 6819 §4.1.6: an API that quotes the proof in its challenge does not bring it into the text of the challenge")]
    public void A_challenge_that_quotes_the_proof_does_not_expose_it()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "https://api.example");
        request.Headers.TryAddWithoutValidation("Authorization", "DPoP the-token");
        request.Headers.TryAddWithoutValidation("DPoP", "the-proof");
        using HttpResponseMessage response = new(System.Net.HttpStatusCode.Unauthorized) { RequestMessage = request };
        response.Headers.TryAddWithoutValidation(
            "WWW-Authenticate",
            "DPoP error=\"invalid_dpop_proof\", error_description=\"the-proof of the-token\""
        );

        Assert.That(response.FindBearerChallenge()!.ErrorDescription, Does.Not.Contain("the-proof").And.Not.Contain("the-token"));
    }

    private static void AddKey(CanaryHost host, DPoPKey key)
    {
        string jwk = key.PrivateJwk!.Reveal();
        host.AddSecret(jwk);
        host.AddSecret(JsonSerializer.Deserialize<JsonElement>(jwk).GetProperty("d").GetString());
    }
}
