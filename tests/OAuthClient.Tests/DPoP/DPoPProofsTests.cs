using System.Net;
using static OAuthClient.Tests.DPoP.SampleProofs;

namespace OAuthClient.Tests.DPoP;

/// <summary>Proves that requests with bearer tokens cost nothing because of proofs, and that threads see bound tokens.</summary>
[TestFixture]
public class DPoPProofsTests
{
    private static readonly Uri Api = new("https://api.example/me");

    [Test]
    [Description("RFC 6750 §2.1: the handler of proofs allocates nothing for a request with a bearer token")]
    public void A_bearer_request_allocates_nothing_more()
    {
        using HttpResponseMessage response = new();
        using Answering api = new(response);
        using HttpMessageInvoker direct = new(api, disposeHandler: false);
        using HttpMessageInvoker proving = new(Handler(api, Create()));
        using HttpRequestMessage request = new(HttpMethod.Get, Api);
        AccessToken token = new("at", default, expiresAt: null, [], []);
        var proofs = Create();
        DPoPProofHandler.SetToken(request, token.Key is null ? null : token, proofs);
        Measure(direct, request);
        Measure(proving, request);

        Assert.That(Measure(proving, request), Is.EqualTo(Measure(direct, request)));
        Assert.That(proofs.WasUsed, Is.False);

        static long Measure(HttpMessageInvoker invoker, HttpRequestMessage request)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1_000; i++)
                _ = invoker.SendAsync(request, CancellationToken.None);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Test]
    [Description("§7.1: the first bound token of a client that had bearer tokens until then is proved, whatever the other threads send")]
    public async Task Bound_and_bearer_tokens_are_sent_at_once()
    {
        for (int round = 0; round < 50; round++)
        {
            var proofs = Create();
            using HttpMessageInvoker http = new(Handler(new Echoing(), proofs));
            var key = Keys(options: o => o.DPoP.Enabled = true).FindForClient(SampleConfiguration.Create(o => o.DPoP.Enabled = true))!;
            using Barrier start = new(4);
            var sent = await Task.WhenAll(
                Enumerable
                    .Range(0, 4)
                    .Select(index =>
                        Task.Factory.StartNew(
                                () => SendAsync(http, proofs, index % 2 == 0 ? key : null, start),
                                CancellationToken.None,
                                TaskCreationOptions.LongRunning,
                                TaskScheduler.Default
                            )
                            .Unwrap()
                    )
            );

            Assert.That(sent, Is.EqualTo(new[] { true, false, true, false }));
        }

        static async Task<bool> SendAsync(HttpMessageInvoker http, DPoPProofs proofs, DPoPKey? key, Barrier start)
        {
            AccessToken token = new("at", default, expiresAt: null, [], []) { Key = key };
            using HttpRequestMessage request = new(HttpMethod.Get, Api);
            start.SignalAndWait(CancellationToken.None);
            TokenScheme.Attach(request, isBare: true, token.AuthorizationHeader);
            DPoPProofHandler.SetToken(request, token.Key is null ? null : token, proofs);
            using var response = await http.SendAsync(request, CancellationToken.None);
            return response.Headers.Contains("Proved");
        }
    }

    private sealed class Answering(HttpResponseMessage response) : HttpMessageHandler
    {
        private readonly Task<HttpResponseMessage> answer = Task.FromResult(response);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer;
    }

    private sealed class Echoing : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = new(HttpStatusCode.OK);
            if (request.Headers.Contains("DPoP"))
                response.Headers.Add("Proved", "1");
            return Task.FromResult(response);
        }
    }
}
