using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <content>HTTP handler (6xx).</content>
internal static partial class Log
{
    [LoggerMessage(
        601,
        LogLevel.Information,
        "HTTP client '{HttpClientName}' is used for more than one owner. Cookies were turned off in its primary handler, "
            + "which would otherwise send cookies of one owner with the access token of another. To avoid this message, set "
            + "UseCookies = false where the handler is created"
    )]
    public static partial void CookiesTurnedOff(ILogger logger, string httpClientName);

    [LoggerMessage(
        602,
        LogLevel.Warning,
        "HTTP client '{HttpClientName}' is used for more than one owner, and its primary handler {HandlerType} has no "
            + "known setting for cookies. If the handler keeps cookies between requests, cookies of one owner are sent with the "
            + "access token of another. Turn cookies off where the handler is created, or use a SocketsHttpHandler"
    )]
    public static partial void CookieSettingUnknown(ILogger logger, string httpClientName, string handlerType);

    [LoggerMessage(
        603,
        LogLevel.Warning,
        "The API {Address} required {Error} again after two new access tokens of {Client}. The response is returned. Check that the "
            + "authorization server supports the acr values, max_age and scopes of the challenge, and puts them into its access tokens"
    )]
    public static partial void ChallengeNotMet(ILogger logger, Uri address, string? error, string client);
}
