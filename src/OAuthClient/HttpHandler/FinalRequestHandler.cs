namespace OAuthClient;

/// <summary>
/// Stands directly above the primary handler, behind every handler of the application. It checks where a request with an access token
/// goes in the end, and that a request of an HTTP client with several owners carries no <c>Cookie</c> header.
/// </summary>
internal sealed class FinalRequestHandler : DelegatingHandler
{
    private static readonly HttpRequestOptionsKey<FinalRequestHandler> Key = new("OAuthClient.FinalRequest");

    private readonly AllowedAddresses addresses;
    private readonly bool refusesCookies;
    private readonly bool marksRequests;

    private FinalRequestHandler(AllowedAddresses addresses, bool refusesCookies, bool marksRequests, HttpMessageHandler primary)
        : base(primary)
    {
        this.addresses = addresses;
        this.refusesCookies = refusesCookies;
        this.marksRequests = marksRequests;
    }

    /// <summary>Puts the check in front of a primary handler.</summary>
    /// <param name="primary">The primary handler. If it consists of several, the request is checked behind the last of them, too.</param>
    /// <param name="addresses">Where a token may go.</param>
    /// <param name="refusesCookies">Whether a request with a <c>Cookie</c> header is refused.</param>
    /// <returns>The primary handler to use.</returns>
    /// <exception cref="InvalidOperationException">
    /// A handler within <paramref name="primary"/> has already sent, and cannot be changed.
    /// </exception>
    public static FinalRequestHandler Guard(HttpMessageHandler primary, AllowedAddresses addresses, bool refusesCookies)
    {
        bool isChain = primary is DelegatingHandler chain && InnermostHandler.IsPlacedIn(chain, addresses.HttpClientName);
        return new(addresses, refusesCookies, marksRequests: isChain, primary);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Check(request) is { } refusal)
            return Task.FromException<HttpResponseMessage>(refusal);
        return base.SendAsync(request, cancellationToken);
    }

    // A handler of the application may send a request of its own synchronously.
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Check(request) is { } refusal ? throw refusal : base.Send(request, cancellationToken);
    }

    private OAuthException? Check(HttpRequestMessage request)
    {
        var refusal = FindRefusal(request);
        if (marksRequests && refusal is null)
            request.Options.Set(Key, this);
        return refusal;
    }

    private OAuthException? FindRefusal(HttpRequestMessage request)
    {
        var headers = request.Headers.NonValidated;
        // Most requests carry the token and nothing that the checks would have to look for.
        bool hasOneHeader = headers.Count == 1;
        bool isAllowed = addresses.IsFinalAllowed(request, hasOneHeader);
        // A request without a token, such as one that a handler makes for itself, is the application's affair.
        if ((isAllowed && !(refusesCookies && HasCookie(request, hasOneHeader))) || !headers.Contains("Authorization"))
            return null;
        return isAllowed ? CookieRefusal(request.RequestUri!) : addresses.FinalRefusal(request);
    }

    // .NET sends a header of any name among those of the content, too.
    private static bool HasCookie(HttpRequestMessage request, bool hasOneHeader) =>
        (!hasOneHeader && request.Headers.NonValidated.Contains("Cookie"))
        || (request.Content is { } content && content.Headers.NonValidated.Contains("Cookie"));

    private OAuthException CookieRefusal(Uri address) =>
        new(
            $"The request to {address.Scheme}://{address.Authority} has a Cookie header, and the HTTP client '{addresses.HttpClientName}' "
                + "serves more than one owner. A cookie that all requests share, for example by DefaultRequestHeaders or by a handler, would "
                + "go out with the access tokens of several owners; the request was not sent. Remove the header; or, if the cookie belongs to "
                + "the owner of this one request, call DangerouslyAllowCookies() in AddAccessTokenHandler."
        );

    /// <summary>
    /// Stands directly above the network where a primary handler consists of several handlers. Several HTTP clients may share those, so the
    /// request tells which check is its own.
    /// </summary>
    private sealed class InnermostHandler(HttpMessageHandler network) : DelegatingHandler(network)
    {
        public static bool IsPlacedIn(DelegatingHandler chain, string httpClientName)
        {
            while (chain.InnerHandler is DelegatingHandler next)
                chain = next;
            if (chain is InnermostHandler || chain.InnerHandler is not { } network)
                return chain is InnermostHandler;
            try
            {
                chain.InnerHandler = new InnermostHandler(network);
                return true;
            }
            catch (InvalidOperationException exception)
            {
                throw new InvalidOperationException(
                    $"The primary handler of the HTTP client '{httpClientName}' consists of several handlers and has already sent a "
                        + "request, so the check of where access tokens go cannot be put behind them. Create a new handler in "
                        + "ConfigurePrimaryHttpMessageHandler(() => …), or add the outer handlers with AddHttpMessageHandler.",
                    exception
                );
            }
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            FindRefusal(request) is { } refusal
                ? Task.FromException<HttpResponseMessage>(refusal)
                : base.SendAsync(request, cancellationToken);

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            FindRefusal(request) is { } refusal ? throw refusal : base.Send(request, cancellationToken);

        private static OAuthException? FindRefusal(HttpRequestMessage request) =>
            request.Options.TryGetValue(Key, out var check) ? check.FindRefusal(request) : null;
    }
}
