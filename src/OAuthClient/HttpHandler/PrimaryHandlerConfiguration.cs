using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Turns off what a primary handler would carry from one owner's request to another's. Handlers are pooled, so all owners of an HTTP client
/// share them.
/// </summary>
internal static class PrimaryHandlerConfiguration
{
    /// <summary>Turns cookies off, and refuses credentials.</summary>
    /// <param name="primary">The primary handler, which may consist of several handlers.</param>
    /// <param name="httpClientName">The name of the HTTP client, for messages.</param>
    /// <param name="allowsCookies">Whether cookies are left as they are.</param>
    /// <param name="logger">The logger, or <see langword="null"/> where the result was logged before.</param>
    /// <exception cref="InvalidOperationException">The handler has credentials, or has already sent with cookies on.</exception>
    public static void Isolate(HttpMessageHandler primary, string httpClientName, bool allowsCookies, ILogger? logger)
    {
        var network = primary;
        while (network is DelegatingHandler { InnerHandler: { } inner })
            network = inner;
        EnsureNoCredentials(network, httpClientName);
        if (allowsCookies)
        {
            if (logger is not null)
                Log.CookiesAllowed(logger, httpClientName);
            return;
        }
        switch (network)
        {
            case SocketsHttpHandler { UseCookies: true } sockets:
                TurnOff(() => sockets.UseCookies = false, httpClientName, logger);
                break;
            case HttpClientHandler { UseCookies: true } client:
                TurnOff(() => client.UseCookies = false, httpClientName, logger);
                break;
            case SocketsHttpHandler or HttpClientHandler:
                break;
            default:
                if (logger is not null)
                    Log.CookieSettingUnknown(logger, httpClientName, network.GetType().ToString());
                break;
        }
    }

    private static void TurnOff(Action turnOff, string httpClientName, ILogger? logger)
    {
        try
        {
            turnOff();
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidOperationException(
                $"The primary handler of the HTTP client '{httpClientName}' has already sent requests with cookies on, so they cannot "
                    + "be turned off. The HTTP client serves more than one owner, and cookies of one would go out with the access token of "
                    + "another. Write UseCookies = false where the handler is created, or create a new handler in "
                    + "ConfigurePrimaryHttpMessageHandler(() => …). To share cookies between owners, call DangerouslyAllowCookies() in "
                    + "AddAccessTokenHandler.",
                exception
            );
        }
        if (logger is not null)
            Log.CookiesTurnedOff(logger, httpClientName);
    }

    // They would answer a challenge by the Authorization header of one account, in place of the access token of any owner.
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
                $"The primary handler of the HTTP client '{httpClientName}' has Credentials. They would take the place of the access "
                    + "token at each challenge, with one account for all owners. Remove Credentials and UseDefaultCredentials from the "
                    + "handler; credentials for a proxy (DefaultProxyCredentials, Proxy.Credentials) are not affected."
            );
        }
    }
}
