using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Turns off the features of a primary handler that share state between the requests of several owners. Handlers are pooled, so all owners
/// of an HTTP client share them.
/// </summary>
internal static class PrimaryHandlerConfiguration
{
    /// <summary>Turns cookies off, and rejects credentials.</summary>
    /// <param name="primary">The primary handler, which may consist of several handlers.</param>
    /// <param name="httpClientName">The name of the HTTP client, for messages.</param>
    /// <param name="allowsCookies">Whether the cookie setting is not changed.</param>
    /// <param name="logger">The logger for the result.</param>
    /// <exception cref="InvalidOperationException">
    /// The handler has credentials, or has already sent a request with cookies on.
    /// </exception>
    public static void Isolate(HttpMessageHandler primary, string httpClientName, bool allowsCookies, ILogger logger)
    {
        var network = NetworkOf(primary);
        EnsureNoCredentials(network, httpClientName);
        if (allowsCookies)
            return;
        try
        {
            switch (network)
            {
                case SocketsHttpHandler sockets:
                    if (!sockets.UseCookies)
                        return;
                    sockets.UseCookies = false;
                    break;
                case HttpClientHandler client:
                    if (!client.UseCookies)
                        return;
                    client.UseCookies = false;
                    break;
                default:
                    Log.CookieSettingUnknown(logger, httpClientName, network.GetType().ToString());
                    return;
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidOperationException(
                $"The primary handler of the HTTP client '{httpClientName}' has already sent requests with cookies on, so they cannot "
                    + "be turned off. The HTTP client serves more than one owner, and cookies of one would be sent with the access token "
                    + "of another. Set UseCookies = false where the handler is created, or create a new handler in "
                    + "ConfigurePrimaryHttpMessageHandler(() => …). To share cookies between owners, call DangerouslyAllowCookies() in "
                    + "AddAccessTokenHandler.",
                exception
            );
        }
        Log.CookiesTurnedOff(logger, httpClientName);
    }

    /// <summary>
    /// Turns automatic redirects off for a client whose tokens are bound to a key or to a certificate: the network handler removes the
    /// token at a redirect, and would send the proof to the other address, or present the certificate there.
    /// </summary>
    /// <param name="primary">The primary handler, which may consist of several handlers.</param>
    /// <param name="httpClientName">The name of the HTTP client, for messages.</param>
    /// <exception cref="InvalidOperationException">The handler has already sent a request with redirects on.</exception>
    public static void TurnRedirectsOff(HttpMessageHandler primary, string httpClientName)
    {
        try
        {
            switch (NetworkOf(primary))
            {
                case SocketsHttpHandler { AllowAutoRedirect: true } sockets:
                    sockets.AllowAutoRedirect = false;
                    break;
                case HttpClientHandler { AllowAutoRedirect: true } client:
                    client.AllowAutoRedirect = false;
                    break;
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidOperationException(
                $"The primary handler of the HTTP client '{httpClientName}' has already sent requests with automatic redirects on, which "
                    + "would send the proof of possession (DPoP) to another address, or present the client certificate there. Set "
                    + "AllowAutoRedirect = false where the handler is created, or create a new handler in "
                    + "ConfigurePrimaryHttpMessageHandler(() => …).",
                exception
            );
        }
    }

    /// <summary>Returns the innermost of a chain of handlers.</summary>
    public static HttpMessageHandler NetworkOf(HttpMessageHandler primary)
    {
        while (primary is DelegatingHandler { InnerHandler: { } inner })
            primary = inner;
        return primary;
    }

    // After a challenge, the handler would replace the access token with the Authorization header of one account.
    private static void EnsureNoCredentials(HttpMessageHandler network, string httpClientName)
    {
        if (
            network
            is SocketsHttpHandler { Credentials: not null }
                or HttpClientHandler { Credentials: not null }
                or HttpClientHandler { UseDefaultCredentials: true }
        )
        {
            throw new InvalidOperationException(
                $"The primary handler of the HTTP client '{httpClientName}' has Credentials. After a challenge, they would replace the "
                    + "access token, with one account for all owners. Remove Credentials and UseDefaultCredentials from the "
                    + "handler; credentials for a proxy (DefaultProxyCredentials, Proxy.Credentials) are not affected."
            );
        }
    }
}
