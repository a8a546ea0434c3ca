using System.Collections.Concurrent;
using System.Net;

namespace OAuthClient.Benchmarks;

/// <summary>The same handler for the current user, whose token it finds in a dictionary.</summary>
internal sealed class HandwrittenUserHandler(
    ICurrentGrantOwner users,
    Func<GrantOwner, Task<HandwrittenToken>> requestAsync,
    TimeProvider time
) : DelegatingHandler
{
    private readonly ConcurrentDictionary<GrantOwner, HandwrittenToken> tokens = new();

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var user = users.Find()!;
        if (!tokens.TryGetValue(user, out var token) || time.GetUtcNow() >= token.ExpiresAt)
            return RenewAsync(user, request, cancellationToken);
        request.Headers.TryAddWithoutValidation("Authorization", token.Header);
        var sending = base.SendAsync(request, cancellationToken);
#pragma warning disable VSTHRD103 // The task has completed.
        return sending.IsCompletedSuccessfully && sending.Result.StatusCode != HttpStatusCode.Unauthorized
            ? sending
            : ReceiveAsync(sending, user, request, cancellationToken);
#pragma warning restore VSTHRD103
    }

    private async Task<HttpResponseMessage> ReceiveAsync(
        Task<HttpResponseMessage> sending,
        GrantOwner user,
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var response = await sending;
        if (response.StatusCode != HttpStatusCode.Unauthorized)
            return response;
        response.Dispose();
        request.Headers.Remove("Authorization");
        return await RenewAsync(user, request, cancellationToken);
    }

    private async Task<HttpResponseMessage> RenewAsync(GrantOwner user, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var token = tokens[user] = await requestAsync(user);
        request.Headers.TryAddWithoutValidation("Authorization", token.Header);
        return await base.SendAsync(request, cancellationToken);
    }
}
