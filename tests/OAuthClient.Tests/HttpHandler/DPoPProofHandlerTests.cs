using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;
using OAuthClient.Tests.DPoP;

namespace OAuthClient.Tests;

/// <summary>Tests API calls with tokens that are bound to a key, against an API that verifies each proof (RFC 9449 §7, §9).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPProofHandlerTests
{
    private static readonly Uri Me = new("/me", UriKind.Relative);

    private static IEnumerable<ChallengeDeviation> Deviations => Enum.GetValues<ChallengeDeviation>();

    [TestCaseSource(nameof(Deviations))]
    [Description(
        "RFC 9449 §7.1, §7.2: a rejected token is replaced once, and the replacement is bound too, whatever the form of the challenge"
    )]
    public async Task A_rejected_token_is_replaced_once(ChallengeDeviation deviation)
    {
        await using var host = await SignedInAsync();
        host.Server.ExpireAccessTokens();
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.DeviatingChallenge(deviation), times: 1);

        var response = await host.Http.GetAsync(Me);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        AssertBound(host.Api.Requests, 2);
    }

    [TestCaseSource(nameof(Deviations))]
    [Description("RFC 9449 §9, RFC 9110 §11.1: the nonce is used, whatever the form of the challenge; the token stays")]
    public async Task A_challenge_for_the_nonce_is_met(ChallengeDeviation deviation)
    {
        await using var host = await SignedInAsync(nonces: true);
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.DeviatingChallenge(deviation), times: 1);

        Assert.That((await host.Http.GetAsync(Me)).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        Assert.That(host.TokenRequests, Is.Zero);
        AssertBound(host.Api.Requests, 2);
    }

    [Test]
    [Description("RFC 9449 §9: a request that the API refuses again and again for the nonce is sent twice, and the refusal returned")]
    public async Task An_endless_challenge_ends_after_two_requests()
    {
        await using var host = await SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.DPoPNonceChallenge());

        var response = await host.Http.GetAsync(Me);

        Assert.That(response.FindBearerChallenge()!.Error, Is.EqualTo("use_dpop_nonce"));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(2));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 9449 §8.1: a challenge without a usable nonce is returned at once")]
    public async Task A_challenge_without_a_usable_nonce_is_returned([Values(null, "a b", "")] string? nonce)
    {
        await using var host = await SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.DPoPNonceChallenge(nonce));

        Assert.That((await host.Http.GetAsync(Me)).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));

        Assert.That(host.Api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("RFC 9449 §7.1: invalid_dpop_proof is not about the token, so the token is not replaced")]
    public async Task An_invalid_proof_does_not_replace_the_token()
    {
        await using var host = await SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.InvalidDPoPProof());

        Assert.That((await host.Http.GetAsync(Me)).FindBearerChallenge()!.Error, Is.EqualTo("invalid_dpop_proof"));

        Assert.That((host.TokenRequests, host.Api.Requests.Count), Is.EqualTo((0, 1)));
    }

    [Test]
    [Description("RFC 9449 §9: the content of a stream cannot be sent again; the nonce is used by the next request")]
    public async Task A_stream_is_not_sent_again()
    {
        await using var host = await SignedInAsync(nonces: true);

        var response = await host.Http.PostAsync("/echo", Stream());

        Assert.That(response.FindBearerChallenge()!.Error, Is.EqualTo("use_dpop_nonce"));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(1));
        Assert.That((await host.Http.PostAsync("/echo", Stream())).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        static StreamContent Stream() => new(new MemoryStream("data"u8.ToArray()));
    }

    [Test]
    [Description("RFC 9449 §9: content in memory is sent again with the nonce")]
    public async Task Content_in_memory_is_sent_again()
    {
        await using var host = await SignedInAsync(nonces: true);
        using StringContent content = new("data", Encoding.UTF8);

        Assert.That((await host.Http.PostAsync("/echo", content)).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        Assert.That(host.Api.Requests.Select(request => request.Body), Is.EqualTo(new[] { "data", "data" }));
    }

    [Test]
    [Description("RFC 9449 §4.3: a handler of the application changes the path, and the proof is for the changed one")]
    public async Task The_proof_is_for_the_final_address()
    {
        await using var host = await SignedInAsync(after: http =>
            http.AddHttpMessageHandler(() =>
                new ServiceDiscoveryHost.Changing(request =>
                {
                    request.RequestUri = new(request.RequestUri!, "/echo?q=1");
                    request.Method = HttpMethod.Put;
                })
            )
        );

        Assert.That((await host.Http.GetAsync(Me)).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        Assert.That(host.Api.Requests.Single().Path, Is.EqualTo("/echo"));
    }

    [Test]
    [Description("RFC 9110 §7.1: the API sees the host of the Host header, which a handler that resolves names sets")]
    public async Task The_proof_names_the_host_of_the_Host_header()
    {
        HttpRequestMessage? sent = null;
        await using ScriptedServer server = new(
            o => o.DPoP.Enabled = true,
            registerFirst: services =>
                services
                    .AddHttpClient("api")
                    .AddAccessTokenHandler("", t => t.ForClient().To("https://photos-api").AllowServiceDiscovery())
                    .AddHttpMessageHandler(() =>
                        new ServiceDiscoveryHost.Changing(request =>
                        {
                            request.RequestUri = new("https://127.0.0.1:8443/a%20b?c=d");
                            request.Headers.Host = "photos-api";
                        })
                    )
                    .ConfigurePrimaryHttpMessageHandler(() =>
                        new ServiceDiscoveryHost.Changing(request => sent = request) { InnerHandler = new Ok() }
                    )
        );
        server.Answers(SampleProofs.BoundTokens("at"));

        await server
            .Services.GetRequiredService<IHttpClientFactory>()
            .CreateClient("api")
            .GetAsync(new Uri("https://photos-api/a%20b?c=d"));

        string proof = sent!.Headers.GetValues("DPoP").Single();
        Assert.That(SampleProofs.Claims(proof).GetProperty("htu").GetString(), Is.EqualTo("https://photos-api/a%20b"));
    }

    [TestCase(301)]
    [TestCase(302)]
    [TestCase(307)]
    [TestCase(308)]
    [Description("RFC 9449 §4.2, RFC 9110 §15.4: a redirect is returned; neither the token nor the proof goes to another address")]
    public async Task A_redirect_is_not_followed(int status)
    {
        await using var host = await SignedInAsync();
        await using var elsewhere = await host.Server.StartResourceServerAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Redirect(new(elsewhere.BaseAddress, "/me"), status));

        var response = await host.Http.GetAsync(Me);

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(elsewhere.Requests, Is.Empty);
    }

    [Test]
    [Description("RFC 9449 §7.1: a handler that removes the token, for example for another address, also removes the proof")]
    public async Task A_request_without_the_token_has_no_proof()
    {
        await using var host = await SignedInAsync(after: http =>
            http.AddHttpMessageHandler(() => new ServiceDiscoveryHost.Changing(request => request.Headers.Authorization = null))
        );

        await host.Http.GetAsync(Me);

        Assert.That(
            host.Api.Requests.All(request => !request.Headers.ContainsKey("DPoP") && !request.Headers.ContainsKey("Authorization"))
        );
    }

    [Test]
    [Description("RFC 9449 §7.1: a synchronous request has a proof; it is not repeated for the nonce, which the next one contains")]
    public async Task A_synchronous_request_has_a_proof([Values] bool nonces)
    {
        await using var host = await SignedInAsync(nonces);

        var responses = new[] { Send(), Send() };

        Assert.That(responses.Select(response => response.IsSuccessStatusCode), Is.EqualTo(new[] { !nonces, true }));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(2));

        HttpResponseMessage Send()
        {
            using HttpRequestMessage request = new(HttpMethod.Get, Me);
            return host.Http.Send(request);
        }
    }

    private static void AssertBound(IReadOnlyList<RecordedRequest> requests, int count)
    {
        Assert.That(requests, Has.Count.EqualTo(count));
        Assert.That(requests.Select(request => request.Headers["Authorization"]), Is.All.StartsWith("DPoP "));
        Assert.That(requests.Select(request => request.Headers["DPoP"]), Is.Unique);
    }

    private static async Task<OAuthTestHost> SignedInAsync(bool nonces = false, Action<IHttpClientBuilder>? after = null)
    {
        var host = await DPoPHost.StartAsync(
            nonces,
            api: (http, api) =>
            {
                OAuthTestHost.ForOwner(http, api);
                after?.Invoke(http);
            }
        );
        await host.SignedInAsync();
        // A token that was just issued is not replaced without an error in the challenge.
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        return host;
    }

    private sealed class Ok : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => new();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage());
    }
}
