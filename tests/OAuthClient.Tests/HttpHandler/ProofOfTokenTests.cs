using OAuthClient.Tests.DPoP;

namespace OAuthClient.Tests;

/// <summary>Tests that a request has a proof exactly if its present token is bound to a key (RFC 9449 §7.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ProofOfTokenTests
{
    [Test]
    [Description("RFC 9449 §7.1: a handler that replaced a bound token by a bearer token sends no proof of the earlier one")]
    public void A_request_whose_token_became_a_bearer_token_has_no_proof()
    {
        DPoPProofs proofs = SampleProofs.Create();
        using var handler = SampleProofs.Handler(new Ok(), proofs);
        using HttpMessageInvoker invoker = new(handler);
        using HttpRequestMessage request = new(HttpMethod.Get, "https://api.example/a");
        var bound = Token("at-1", SampleProofs.Keys(options: o => o.DPoP.Enabled = true).FindForClient(Enabled));
        var bearer = Token("at-2", key: null);

        Send(bound);
        string first = request.Headers.GetValues("DPoP").Single();
        Send(bound);
        Assert.That(request.Headers.GetValues("DPoP").Single(), Is.Not.EqualTo(first));
        Send(bearer);
        Assert.That(request.Headers.Contains("DPoP"), Is.False);

        void Send(AccessToken token)
        {
            TokenScheme.Attach(request, isBare: false, token.AuthorizationHeader);
            DPoPProofHandler.SetToken(request, token.Key is null ? null : token, proofs);
            invoker.Send(request, CancellationToken.None).Dispose();
        }
    }

    [Test]
    [Description("Under threads, a request with a bound token is sent with its proof, also while others carry bearer tokens")]
    public async Task Bound_and_bearer_tokens_are_not_confused_under_threads()
    {
        for (int round = 0; round < 50; round++)
        {
            DPoPProofs proofs = SampleProofs.Create();
            var bound = Token("at-1", SampleProofs.Keys(options: o => o.DPoP.Enabled = true).FindForClient(Enabled));
            var bearer = Token("at-2", key: null);
            using HttpMessageInvoker invoker = new(SampleProofs.Handler(new Ok(), proofs));
            await Task.WhenAll(
                Enumerable
                    .Range(0, 16)
                    .Select(index =>
                        Task.Run(async () =>
                        {
                            var token = index % 2 == 0 ? bound : bearer;
                            using HttpRequestMessage request = new(HttpMethod.Get, "https://api.example/a");
                            TokenScheme.Attach(request, isBare: true, token.AuthorizationHeader);
                            DPoPProofHandler.SetToken(request, token.Key is null ? null : token, proofs);
                            (await invoker.SendAsync(request, CancellationToken.None)).Dispose();
                            Assert.That(request.Headers.Contains("DPoP"), Is.EqualTo(token.Key is not null));
                        })
                    )
            );
        }
    }

    private static readonly ClientConfiguration Enabled = SampleConfiguration.Create(o => o.DPoP.Enabled = true);

    private static AccessToken Token(string value, DPoPKey? key) =>
        new(value, SampleConfiguration.Now, expiresAt: null, [], []) { Key = key };

    private sealed class Ok : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => new();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage());
    }
}
