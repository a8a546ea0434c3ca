using Microsoft.Extensions.Logging;

namespace OAuthClient.AspNetCore;

/// <summary>What the endpoints log. No message takes a token or a user.</summary>
internal static partial class Log
{
    public const string Category = "OAuthClient.AspNetCore";

    [LoggerMessage(
        1,
        LogLevel.Error,
        "A user signed out at the server and could not be signed out here ({Fault}); the server was told to try again"
    )]
    public static partial void BackChannelLogoutFailed(ILogger logger, string fault);

    // The sentence is the library's own; what it quotes of the request is cleaned.
    [LoggerMessage(2, LogLevel.Warning, "{Request} for OAuth client '{ClientName}' was refused: {Reason}")]
    public static partial void Refused(ILogger logger, string request, string clientName, string reason);

    [LoggerMessage(
        3,
        LogLevel.Warning,
        "OAuth client '{ClientName}' signed a user in, and the cookie scheme '{Scheme}' does not check whether the sign-in has ended: "
            + "a user who signs out at the server stays signed in here until the cookie expires. "
            + "Call RejectEndedSignIns() on the authentication builder"
    )]
    public static partial void EndedSignInsNotRejected(ILogger logger, string clientName, string scheme);
}
