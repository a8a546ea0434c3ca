using System.Net;

namespace OAuthClient.Benchmarks;

/// <summary>A token in the cache of a handwritten handler.</summary>
internal sealed record HandwrittenToken(string Header, DateTimeOffset ExpiresAt);

/// <summary>
/// The handler that an application would write by hand for its own token: it checks the expiry, adds the header, and after a response 401
/// requests another token and sends the request again. With a valid token and a response that is already there it needs no state machine.
/// It checks no address, and does not refresh before the expiry.
/// </summary>
internal sealed class HandwrittenHandler(Func<Task<HandwrittenToken>> requestAsync, TimeProvider time) : DelegatingHandler
{
    private HandwrittenToken? cached;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (cached is not { } token || time.GetUtcNow() >= token.ExpiresAt)
            return RenewAsync(request, cancellationToken);
        request.Headers.TryAddWithoutValidation("Authorization", token.Header);
        var sending = base.SendAsync(request, cancellationToken);
#pragma warning disable VSTHRD103 // The task has completed.
        return sending.IsCompletedSuccessfully && sending.Result.StatusCode != HttpStatusCode.Unauthorized
            ? sending
            : ReceiveAsync(sending, request, cancellationToken);
#pragma warning restore VSTHRD103
    }

    private async Task<HttpResponseMessage> ReceiveAsync(
        Task<HttpResponseMessage> sending,
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var response = await sending;
        if (response.StatusCode != HttpStatusCode.Unauthorized)
            return response;
        response.Dispose();
        request.Headers.Remove("Authorization");
        return await RenewAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> RenewAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var token = cached = await requestAsync();
        request.Headers.TryAddWithoutValidation("Authorization", token.Header);
        return await base.SendAsync(request, cancellationToken);
    }
}
