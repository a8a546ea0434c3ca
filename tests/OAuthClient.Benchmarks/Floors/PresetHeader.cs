using System.Collections.Concurrent;

namespace OAuthClient.Benchmarks;

/// <summary>The least a handler can do to put a token on a request: a string, made before, added as it is. It asks nobody whose it is, how old it is, or where it goes.</summary>
internal sealed class PresetHeader(string value) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("Authorization", value);
        return base.SendAsync(request, cancellationToken);
    }
}

/// <summary>The same with an eye on the answer, for which it has to wait: the least state machine.</summary>
internal sealed class PresetHeaderThatWaits(string value) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("Authorization", value);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>The same for the current user, found in a dictionary: the least that knows whose token it is.</summary>
internal sealed class PresetHeaderOfOwner(ICurrentGrantOwner owners, ConcurrentDictionary<GrantOwner, string> values) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("Authorization", values[owners.Find()!]);
        return base.SendAsync(request, cancellationToken);
    }
}
