namespace OAuthClient;

/// <summary>
/// Proves the possession of the key for each request whose access token is bound to one (RFC 9449 §7.1). It runs after all handlers of the
/// application, so that each send has a proof of its own for the address that the API sees, also when a handler sends the request again. A
/// request that the API refuses because the proof lacks its nonce is sent once more (§9). It derives from the final check, because a
/// further handler would cost time for each request with a bearer token.
/// </summary>
/// <param name="primary">The primary handler.</param>
/// <param name="addresses">The addresses that a token may be sent to.</param>
/// <param name="rejectsCookies">Whether a request with a <c>Cookie</c> header is rejected.</param>
/// <param name="proofs">The proofs of the client.</param>
internal sealed class DPoPProofHandler(HttpMessageHandler primary, IApiAddressPolicy addresses, bool rejectsCookies, DPoPProofs proofs)
    : FinalRequestHandler(primary, addresses, rejectsCookies)
{
    private static readonly HttpRequestOptionsKey<AccessToken?> Key = new("OAuthClient.DPoPToken");

    /// <summary>States the access token of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="token">The token that is bound to a key; <see langword="null"/> for a bearer token.</param>
    /// <param name="proofs">The proofs of the client.</param>
    public static void SetToken(HttpRequestMessage request, AccessToken? token, DPoPProofs proofs)
    {
        if (token is not null)
        {
            proofs.WasUsed = true;
            request.Options.Set(Key, token);
        }
        // The options of a request are created when they are first read, so those of a client with bearer tokens are not.
        else if (proofs.WasUsed && request.Options.TryGetValue(Key, out _))
        {
            request.Options.Set(Key, null);
            request.Headers.Remove(DPoPProofs.HeaderName);
        }
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return TakeToken(request) is { } token ? SendAsync(request, token, cancellationToken) : base.SendAsync(request, cancellationToken);
    }

    // A request is not sent again from here, so that it need not wait.
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (TakeToken(request) is { } token)
        {
            var address = request.RequestUri!;
            var creating = proofs.CreateForTokenAsync(token, request.Method, HostHeader.TargetOf(request), nonce: null, cancellationToken);
            if (!creating.IsCompleted)
                throw new NotSupportedException(
                    "The signer of UseDPoPSigner is asynchronous, so a synchronous request cannot be sent; use SendAsync."
                );
#pragma warning disable VSTHRD002 // The task has completed.
            Attach(request, creating.GetAwaiter().GetResult());
#pragma warning restore VSTHRD002
            var response = base.Send(request, cancellationToken);
            Record(request, address, response);
            return response;
        }
        return base.Send(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, AccessToken token, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!;
        var response = await ProveAndSendAsync(request, token, nonce: null, cancellationToken).ConfigureAwait(false);
        if (
            Record(request, address, response) is not { } nonce
            || !DPoPNonceCache.IsRequiredBy(response)
            || !ReplayableContent.IsReplayable(request.Content)
        )
            return response;
        response.Dispose();
        request.Headers.Remove(DPoPProofs.HeaderName);
        response = await ProveAndSendAsync(request, token, nonce, cancellationToken).ConfigureAwait(false);
        Record(request, address, response);
        return response;
    }

    private async Task<HttpResponseMessage> ProveAndSendAsync(
        HttpRequestMessage request,
        AccessToken token,
        string? nonce,
        CancellationToken cancellationToken
    )
    {
        Attach(
            request,
            await proofs
                .CreateForTokenAsync(token, request.Method, HostHeader.TargetOf(request), nonce, cancellationToken)
                .ConfigureAwait(false)
        );
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    // Returns the token to prove, and removes the proof of an earlier send. A handler may have removed or replaced the token, for example
    // after it changed the address.
    private AccessToken? TakeToken(HttpRequestMessage request)
    {
        if (!proofs.WasUsed || !request.Options.TryGetValue(Key, out var token) || token is null)
            return null;
        request.Headers.Remove(DPoPProofs.HeaderName);
        return
            request.Headers.NonValidated.TryGetValues("Authorization", out var sent)
            && sent.Count == 1
            && sent.ToString() == token.AuthorizationHeader
            ? token
            : null;
    }

    private static void Attach(HttpRequestMessage request, string proof) =>
        request.Headers.TryAddWithoutValidation(DPoPProofs.HeaderName, proof);

    // After a redirect, the response is that of another address.
    private string? Record(HttpRequestMessage request, Uri address, HttpResponseMessage response) =>
        request.RequestUri == address ? proofs.ApiNonces.Record(HostHeader.TargetOf(request), response) : null;
}
