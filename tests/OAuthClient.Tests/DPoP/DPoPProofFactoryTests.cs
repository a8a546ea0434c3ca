using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests.DPoP;

/// <summary>Proves that an application can send a bound token itself, to an API that verifies each proof (RFC 9449 §7.1, §9).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPProofFactoryTests
{
    [Test]
    [Description("§7.1, §9: one more request for the nonce of the API, and none as long as the nonce is valid")]
    public async Task A_token_is_sent_with_a_proof_of_the_factory([Values] bool nonces)
    {
        await using var host = await DPoPHost.StartAsync(nonces);
        await host.SignInAsync();
        var token = await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        var proofs = host.Services.GetRequiredKeyedService<DPoPProofFactory>(OAuthTestHost.ClientName);
        using HttpClient http = new();
        Uri address = new(host.Api.BaseAddress, "/me?a=b#c");

        var first = await SendAsync();
        bool isRepeated = proofs.RecordNonce(address, first);
        var second = await SendAsync();

        Assert.That(isRepeated, Is.EqualTo(nonces));
        Assert.That(first.StatusCode, Is.EqualTo(nonces ? HttpStatusCode.Unauthorized : HttpStatusCode.OK));
        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(proofs.RecordNonce(address, second), Is.False);

        async Task<HttpResponseMessage> SendAsync()
        {
            using HttpRequestMessage request = new(HttpMethod.Get, address);
            request.Headers.Authorization = new AuthenticationHeaderValue(token.TokenType, token.Reveal());
            request.Headers.Add("DPoP", await proofs.CreateAsync(token, request.Method, address));
            return await http.SendAsync(request);
        }
    }

    [Test]
    [Description("§9: the nonces are those of the token handler")]
    public async Task The_nonce_of_the_handler_is_used()
    {
        await using var host = await DPoPHost.StartAsync(nonces: true);
        await host.SignInAsync();
        await host.Http.GetAsync("/me");
        var token = await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));

        string proof = await host
            .Services.GetRequiredService<DPoPProofFactory>()
            .CreateAsync(token, HttpMethod.Get, new(host.Api.BaseAddress, "/me"));

        Assert.That(SampleProofs.Nonce(proof), Is.Not.Null);
    }

    [Test]
    [Description("RFC 6750: a bearer token has no key to prove; a relative address cannot be part of a proof")]
    public void Misuse_is_named()
    {
        DPoPProofFactory proofs = new(SampleProofs.Create());
        AccessToken bearer = new("the-token", SampleConfiguration.Now, expiresAt: null, [], []);
        AccessToken bound = new("the-token", SampleConfiguration.Now, expiresAt: null, [], [])
        {
            Key = SampleProofs
                .Keys(options: o => o.DPoP.Enabled = true)
                .FindForClient(SampleConfiguration.Create(o => o.DPoP.Enabled = true)),
        };
        Uri relative = new("/me", UriKind.Relative);

        Assert.That(
            async () => await proofs.CreateAsync(bearer, HttpMethod.Get, new("https://api.example")),
            Throws.ArgumentException.With.Message.Contains("bearer token").And.Message.Not.Contains("the-token")
        );
        Assert.That(
            async () => await proofs.CreateAsync(bound, HttpMethod.Get, relative),
            Throws.ArgumentException.With.Message.Contains("absolute")
        );
        using HttpResponseMessage response = new();
        Assert.That(() => proofs.RecordNonce(relative, response), Throws.ArgumentException);
    }

    [Test]
    [Description("§8.1: a challenge without a usable nonce does not ask for another request")]
    public void A_refusal_without_a_nonce_is_final()
    {
        DPoPProofFactory proofs = new(SampleProofs.Create());
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", "DPoP error=\"use_dpop_nonce\"");

        Assert.That(proofs.RecordNonce(new("https://api.example"), response), Is.False);
        response.Headers.TryAddWithoutValidation("DPoP-Nonce", "one");
        Assert.That(proofs.RecordNonce(new("https://api.example"), response), Is.True);
    }
}
