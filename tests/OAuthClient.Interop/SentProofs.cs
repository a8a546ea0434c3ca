using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>Records the DPoP proofs (RFC 9449 §4.2) that a client sends, with the status of each response.</summary>
internal sealed class SentProofs
{
    private readonly ConcurrentQueue<(string Path, JsonObject Claims, HttpStatusCode Status)> sent = [];

    /// <summary>Gets each request with a proof: the path, <c>+nonce</c> if the proof contains one, and the status.</summary>
    public IReadOnlyList<string> Requests =>
        [.. sent.Select(one => $"{one.Path}{(one.Claims["nonce"] is null ? "" : "+nonce")} {(int)one.Status}")];

    /// <summary>Gets the <c>jti</c> of each proof.</summary>
    public IEnumerable<string> Identifiers => sent.Select(one => (string)one.Claims["jti"]!);

    public void Clear() => sent.Clear();

    /// <summary>Creates a handler that records. As the primary handler it sees each request that is sent.</summary>
    public DelegatingHandler Recorder(HttpMessageHandler? inner = null)
    {
        Handler recorder = new(this);
        if (inner is not null)
            recorder.InnerHandler = inner;
        return recorder;
    }

    private sealed class Handler(SentProofs proofs) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.Headers.TryGetValues("DPoP", out var values))
            {
                var claims = JsonNode.Parse(Base64Url.DecodeFromChars(values.Single().Split('.')[1]))!.AsObject();
                proofs.sent.Enqueue((request.RequestUri!.AbsolutePath, claims, response.StatusCode));
            }
            return response;
        }
    }
}
