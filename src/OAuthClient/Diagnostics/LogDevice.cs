using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <content>Device authorizations (42x).</content>
internal static partial class Log
{
    [LoggerMessage(
        421,
        LogLevel.Warning,
        "{Client} polled for the result of a device authorization without success ({Fault}). It polls again after "
            + "{Seconds} seconds, until the device code expires. Check that this machine can connect to the server"
    )]
    public static partial void DevicePollFailed(ILogger logger, ClientDisplayName client, string fault, double seconds);

    [LoggerMessage(
        422,
        LogLevel.Information,
        "The server requested that {Client} polls less often for the result of a device authorization (slow_down). The "
            + "interval is now {Seconds} seconds"
    )]
    public static partial void DevicePollSlowedDown(ILogger logger, ClientDisplayName client, double seconds);
}
