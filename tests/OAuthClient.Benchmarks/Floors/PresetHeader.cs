using System.Collections.Concurrent;

namespace OAuthClient.Benchmarks;

/// <summary>The minimal handler: adds a prepared header, without checks of owner, age or address.</summary>
internal sealed class PresetHeader(string value) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("Authorization", value);
        return base.SendAsync(request, cancellationToken);
    }
}

/// <summary>The same handler, which also waits for the response: the minimal state machine.</summary>
internal sealed class PresetHeaderThatWaits(string value) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("Authorization", value);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>The same handler for the current user, whose token it finds in a dictionary.</summary>
internal sealed class PresetHeaderOfOwner(ICurrentGrantOwner owners, ConcurrentDictionary<GrantOwner, string> values) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("Authorization", values[owners.Find()!]);
        return base.SendAsync(request, cancellationToken);
    }
}
