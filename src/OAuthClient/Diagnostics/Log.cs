using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// The log messages of the core, under the category <c>OAuthClient</c>. No message contains a token, a code, a secret or text of a server.
/// <c>README.md</c> in this folder lists them with what an operator does.
/// </summary>
internal static partial class Log
{
    public const string Category = "OAuthClient";

    [LoggerMessage(
        104,
        LogLevel.Warning,
        "{Client} received a callback for an authorization that another process started, and both "
            + "processes keep grants in their own memory. Each process then knows only its own grants and sign-ins, and detects "
            + "the reuse of a state only for itself, so that one state can cause two token requests (RFC 9700 §4.7). Register a "
            + "store that all processes share, for example with AddPostgresGrantStore"
    )]
    public static partial void GrantsInMemoryOfSeveralProcesses(ILogger logger, ClientDisplayName client);

    [LoggerMessage(105, LogLevel.Warning, "{Subject} has the option {Option}: {Consequence}. Remove the option where it is not needed")]
    public static partial void DangerousOptionSet(ILogger logger, string subject, string option, string consequence);

    [LoggerMessage(
        121,
        LogLevel.Debug,
        "{Client} skipped the key {Index} of the server's key set: {Reason}. Tokens that are signed with it are " + "rejected"
    )]
    public static partial void KeySkipped(ILogger logger, ClientDisplayName client, int index, string reason);

    [LoggerMessage(
        201,
        LogLevel.Warning,
        "Circuit opened for {Server}: {Client} sends no requests to it for {Seconds} s, because nearly "
            + "all recent requests failed. Check that the server is available and that this node can connect to it"
    )]
    public static partial void CircuitOpened(ILogger logger, ClientDisplayName client, string server, double seconds);

    [LoggerMessage(202, LogLevel.Information, "Circuit closed for {Server}: it responds to {Client} again")]
    public static partial void CircuitClosed(ILogger logger, ClientDisplayName client, string server);
}
