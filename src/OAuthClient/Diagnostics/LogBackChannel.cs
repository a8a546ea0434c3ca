using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <content>Requests to the authorization server (21x).</content>
internal static partial class Log
{
    [LoggerMessage(
        211,
        LogLevel.Debug,
        "{Client} sent {Request} with the parameters {Parameters} and received {StatusCode} {Error} after "
            + "{Milliseconds} ms and {Attempts} attempts"
    )]
    public static partial void ResponseReceived(
        ILogger logger,
        ClientDisplayName client,
        string request,
        string parameters,
        int statusCode,
        string error,
        double milliseconds,
        int attempts
    );

    [LoggerMessage(
        212,
        LogLevel.Debug,
        "{Client} received no response to {Request} with the parameters {Parameters}, after {Milliseconds} ms and "
            + "{Attempts} attempts ({Fault})"
    )]
    public static partial void NoResponse(
        ILogger logger,
        ClientDisplayName client,
        string request,
        string parameters,
        double milliseconds,
        int attempts,
        string fault
    );
}
