namespace OAuthClient;

/// <summary>
/// Checks each request with an access token after all handlers of the application, directly before the primary handler: its final address,
/// and, for an HTTP client with several owners, that it has no <c>Cookie</c> header.
/// </summary>
/// <remarks>
/// If the primary handler consists of several handlers, the request is also checked after the last of them. The constructor throws
/// <see cref="InvalidOperationException"/> if that has already sent a request, and cannot be changed.
/// </remarks>
/// <param name="primary">The primary handler.</param>
/// <param name="addresses">The addresses that a token may be sent to.</param>
/// <param name="rejectsCookies">Whether a request with a <c>Cookie</c> header is rejected.</param>
internal class FinalRequestHandler(HttpMessageHandler primary, IApiAddressPolicy addresses, bool rejectsCookies)
    : RequestCheckHandler(primary)
{
    private static readonly HttpRequestOptionsKey<FinalRequestHandler> Key = new("OAuthClient.FinalRequest");

    private readonly bool marksRequests = primary is DelegatingHandler chain && InnermostHandler.TryInsert(chain, addresses.HttpClientName);

    protected override OAuthException? FindRejection(HttpRequestMessage request)
    {
        if (marksRequests)
            request.Options.Set(Key, this);
        var headers = request.Headers.NonValidated;
        // Most requests have the access token as their only header.
        bool hasOneHeader = headers.Count == 1;
        bool isAllowed = addresses.IsFinalAllowed(request, hasOneHeader);
        // A request without a token, such as one that a handler of the application creates, is not checked.
        if ((isAllowed && !(rejectsCookies && HasCookie(request, hasOneHeader))) || !headers.Contains("Authorization"))
            return null;
        return isAllowed ? CreateCookieException(request.RequestUri!) : addresses.CreateFinalException(request);
    }

    // .NET also sends a Cookie header that is among the headers of the content.
    private static bool HasCookie(HttpRequestMessage request, bool hasOneHeader) =>
        (!hasOneHeader && request.Headers.NonValidated.Contains("Cookie"))
        || (request.Content is { } content && content.Headers.NonValidated.Contains("Cookie"));

    private OAuthException CreateCookieException(Uri address) =>
        new(
            $"The request to {address.Scheme}://{address.Authority} has a Cookie header, and the HTTP client '{addresses.HttpClientName}' "
                + "serves more than one owner. A cookie that all requests share, for example from DefaultRequestHeaders or a handler, "
                + "would be sent with the access tokens of several owners; the request was not sent. Remove the header. If the cookie "
                + "belongs to the owner of this request, call DangerouslyAllowCookies() in AddAccessTokenHandler."
        );

    /// <summary>
    /// Checks each request directly before the network, if a primary handler consists of several handlers. Several HTTP clients may share
    /// those, so each request holds the check of its own HTTP client.
    /// </summary>
    private sealed class InnermostHandler(HttpMessageHandler network) : RequestCheckHandler(network)
    {
        public static bool TryInsert(DelegatingHandler chain, string httpClientName)
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
                        + "request, so the check of the final address cannot be added. Create a new handler in "
                        + "ConfigurePrimaryHttpMessageHandler(() => …), or add the outer handlers with AddHttpMessageHandler.",
                    exception
                );
            }
        }

        protected override OAuthException? FindRejection(HttpRequestMessage request) =>
            request.Options.TryGetValue(Key, out var check) ? check.FindRejection(request) : null;
    }
}
