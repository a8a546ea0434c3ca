using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <content>Dynamic registration (5xx).</content>
internal static partial class Log
{
    [LoggerMessage(501, LogLevel.Information, "{Client} registered itself at the authorization server")]
    public static partial void Registered(ILogger logger, ClientDisplayName client);

    [LoggerMessage(
        502,
        LogLevel.Warning,
        "{Client} registers itself again, because {Reason}. All its grants are invalid, and users must "
            + "authorize again. If this repeats, configure the server to keep the registrations of its clients"
    )]
    public static partial void RegisteredAnew(ILogger logger, ClientDisplayName client, string reason);

    [LoggerMessage(
        503,
        LogLevel.Error,
        "{Client} could not save its registration ({Fault}). The registration is kept in memory, and "
            + "saving is retried until it succeeds. Check the store of registrations, and do not stop this process before the "
            + "registration is saved"
    )]
    public static partial void ClientNotSaved(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        504,
        LogLevel.Warning,
        "{Client} could not renew its registration ({Fault}). It uses the current registration and "
            + "retries. Check the registration endpoint of the server before the client secret expires"
    )]
    public static partial void RegistrationNotRenewed(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        505,
        LogLevel.Warning,
        "{Client} could not read its registration from the store, to see whether another node changed "
            + "it ({Fault}). It uses the current registration and retries in one minute. If this repeats, check the store of "
            + "registrations"
    )]
    public static partial void RegistrationNotCompared(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        511,
        LogLevel.Warning,
        "The token endpoint rejected {Client} (invalid_client). The client keeps its registration for "
            + "now. If the token endpoint rejects it again after {Minutes} minutes without a success in between, the client "
            + "registers itself again, and all its grants are invalid. To keep the grants, restore the client at the server "
            + "within that time"
    )]
    public static partial void UnmanagedClientRefused(ILogger logger, ClientDisplayName client, double minutes);

    [LoggerMessage(
        512,
        LogLevel.Warning,
        "The token endpoint rejected {Client} (invalid_client). The client reads its registration at "
            + "the server (RFC 7592), and registers itself again if it does not exist any more. To keep the grants, restore the "
            + "client at the server"
    )]
    public static partial void ManagedClientRefused(ILogger logger, ClientDisplayName client);

    [LoggerMessage(
        513,
        LogLevel.Warning,
        "The token endpoint rejected {Client}, but the server still has its registration, so the client "
            + "keeps it. If this repeats, check the authentication method and the secret of the client at the server"
    )]
    public static partial void RefusedClientKept(ILogger logger, ClientDisplayName client);
}
