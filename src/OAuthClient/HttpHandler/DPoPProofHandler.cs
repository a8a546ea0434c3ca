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
            proofs.WasUsed = true;
        // The options of a request are created when they are first read, so those of a client with bearer tokens are not.
        if (proofs.WasUsed)
            request.Options.Set(Key, token);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return FindToken(request) is { } token ? SendAsync(request, token, cancellationToken) : base.SendAsync(request, cancellationToken);
    }

    // A request is not sent again from here, so that it need not wait.
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (FindToken(request) is { } token)
        {
            var creating = proofs.CreateForTokenAsync(token, request.Method, request.RequestUri!, cancellationToken);
            if (!creating.IsCompleted)
                throw new NotSupportedException(
                    "The signer of UseDPoPSigner is asynchronous, so a synchronous request cannot be sent; use SendAsync."
                );
#pragma warning disable VSTHRD002 // The task has completed.
            Attach(request, creating.GetAwaiter().GetResult());
#pragma warning restore VSTHRD002
            var address = request.RequestUri!;
            var response = base.Send(request, cancellationToken);
            Record(request, address, response);
            return response;
        }
        return base.Send(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, AccessToken token, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!;
        var response = await ProveAndSendAsync(request, token, cancellationToken).ConfigureAwait(false);
        if (!Record(request, address, response) || !AsksForNonce(response) || !ReplayableContent.IsReplayable(request.Content))
            return response;
        response.Dispose();
        response = await ProveAndSendAsync(request, token, cancellationToken).ConfigureAwait(false);
        Record(request, address, response);
        return response;
    }

    private async Task<HttpResponseMessage> ProveAndSendAsync(
        HttpRequestMessage request,
        AccessToken token,
        CancellationToken cancellationToken
    )
    {
        Attach(
            request,
            await proofs.CreateForTokenAsync(token, request.Method, request.RequestUri!, cancellationToken).ConfigureAwait(false)
        );
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    // A handler may have removed the token, for example after it changed the address.
    private AccessToken? FindToken(HttpRequestMessage request) =>
        proofs.WasUsed && request.Options.TryGetValue(Key, out var token) && request.Headers.NonValidated.Contains("Authorization")
            ? token
            : null;

    private static void Attach(HttpRequestMessage request, string proof)
    {
        request.Headers.Remove(DPoPProofs.HeaderName);
        request.Headers.TryAddWithoutValidation(DPoPProofs.HeaderName, proof);
    }

    // After a redirect, the response is that of another address.
    private bool Record(HttpRequestMessage request, Uri address, HttpResponseMessage response) =>
        request.RequestUri == address && proofs.ApiNonces.Record(address, response);

    private static bool AsksForNonce(HttpResponseMessage response) =>
        response.StatusCode == System.Net.HttpStatusCode.Unauthorized
        && AuthenticationChallenge.FindErrors(response, TokenScheme.DPoP).Contains(ErrorCodes.UseDPoPNonce);
}
