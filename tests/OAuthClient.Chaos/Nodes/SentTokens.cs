using System.Globalization;

namespace OAuthClient.Chaos.Nodes;

/// <summary>Looks at each token as it leaves: one that is over by then should not have been sent.</summary>
internal sealed class SentTokens(Tally tally) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string[] token = string.Concat(request.Headers.GetValues("Authorization")).Split('.');
        if (long.Parse(token[2], CultureInfo.InvariantCulture) <= TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds())
            tally.Add("expired_tokens_sent");
        return base.SendAsync(request, cancellationToken);
    }
}
