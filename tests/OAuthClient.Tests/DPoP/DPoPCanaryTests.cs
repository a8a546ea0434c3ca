using System.Text.Json;
using OAuthClient.Testing;

namespace OAuthClient.Tests.DPoP;

/// <summary>
/// Tests that neither a private key, a proof nor a bound token appears in logs, traces, metrics, the text or JSON form of objects, or
/// exceptions (RFC 9449 §11.1, §11.2; RFC 6819 §4.1.6).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPCanaryTests
{
    [Test]
    [Description("§11.2: operations that succeed, with nonces and a rejected token in between, expose no secret")]
    public async Task Successful_operations_expose_no_secret()
    {
        await using var host = await StartAsync();
        var pending = await host.BeginAsync();
        AddKey(host, pending.DPoPKey!);
        var grant = await host.Client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(await host.SignInAsync(pending)),
            GrantOwner.User(CanaryHost.Owner)
        );
        using var http = host.Http();
        await http.GetStringAsync(new Uri("/me", UriKind.Relative));
        host.Server.ExpireAccessTokens();
        await http.GetStringAsync(new Uri("/me", UriKind.Relative));
        await host.Client.GetUserInfoAsync(GrantOwner.User(CanaryHost.Owner));
        var own = await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        AddProofs(host);
        host.Examine(
            pending,
            pending.DPoPKey!,
            pending.DPoPKey!.PrivateJwk!,
            grant,
            grant.DPoPKey!,
            grant.AccessToken!,
            own,
            own.AccessToken
        );
        host.AssertNoSecretWasRecorded(atLeastSecrets: 18);
    }

    [Test]
    [Description("RFC 6819 §4.2.1: a server or an API that echoes the proof in its error exposes none")]
    public async Task A_server_that_echoes_the_proof_exposes_none()
    {
        await using var host = await StartAsync();
        var grant = await host.LogInAsync();
        AddKey(host, grant.DPoPKey!);
        var owner = GrantOwner.User(CanaryHost.Owner);
        foreach (var endpoint in new[] { TestEndpoint.Token, TestEndpoint.UserInfo })
        {
            string? proof = null;
            await host.ProvokeAsync(
                async () =>
                {
                    if (endpoint == TestEndpoint.Token)
                        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
                    else
                        await host.Client.GetUserInfoAsync(owner);
                },
                Fault.RewrittenBody(_ =>
                {
                    proof = host.Server.RequestsTo(endpoint)[^1].Headers["DPoP"];
                    return JsonSerializer.Serialize(new { error = "invalid_dpop_proof", error_description = $"Not valid: {proof}" });
                }),
                endpoint
            );
            Assert.That(proof, Is.Not.Null);
        }
        AddProofs(host);
        host.AssertNoSecretWasRecorded(atLeastSecrets: 12);
    }

    private static Task<CanaryHost> StartAsync() =>
        CanaryHost.StartAsync(
            options => options.DPoP.Enabled = true,
            server => (server.RequireDPoP, server.RequireDPoPNonces) = (true, true)
        );

    private static void AddKey(CanaryHost host, DPoPKey key)
    {
        string jwk = key.PrivateJwk!.Reveal();
        host.AddSecret(jwk);
        host.AddSecret(JsonElement.Parse(jwk).GetProperty("d").GetString());
    }

    private static void AddProofs(CanaryHost host)
    {
        foreach (var request in host.Server.Requests.Concat(host.ApiRequests))
            host.AddSecret(request.Headers.GetValueOrDefault("DPoP"));
    }
}
