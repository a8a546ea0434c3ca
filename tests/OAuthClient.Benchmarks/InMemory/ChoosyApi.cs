using System.Net;
using System.Net.Http.Headers;

namespace OAuthClient.Benchmarks;

/// <summary>An in-memory API that rejects one of the tokens, as after a revocation (RFC 6750 §3.1).</summary>
internal sealed class ChoosyApi : HttpMessageHandler
{
    public string? RefusedToken { get; init; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request };
        if (request.Headers.Authorization?.Parameter is not { } token || token == RefusedToken)
        {
            response.StatusCode = HttpStatusCode.Unauthorized;
            response.Headers.WwwAuthenticate.Add(new AuthenticationHeaderValue("Bearer", "error=\"invalid_token\""));
        }
        return Task.FromResult(response);
    }
}
