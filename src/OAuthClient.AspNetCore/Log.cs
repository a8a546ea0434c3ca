using Microsoft.Extensions.Logging;

namespace OAuthClient.AspNetCore;

/// <summary>
/// The log messages of the endpoints. Event ids start at 1001. No message contains a token, a code or a user. A reason is the
/// message of an exception; text that it quotes from the request is sanitized.
/// </summary>
internal static partial class Log
{
    public const string Category = "OAuthClient.AspNetCore";

    [LoggerMessage(
        1001,
        LogLevel.Error,
        "Back-channel logout for {Client} failed ({Fault}). The user may still be signed in. "
            + "The authorization server received 503 and can retry. Check that the grant store and the server's keys can be reached"
    )]
    public static partial void BackChannelLogoutFailed(ILogger logger, ClientDisplayName client, string fault);

    [LoggerMessage(
        1002,
        LogLevel.Warning,
        "Callback for {Client} rejected. If this repeats, check the client's registration at the authorization server, "
            + "and that all nodes share their Data Protection keys. Reason: {Reason}"
    )]
    public static partial void CallbackRejected(ILogger logger, ClientDisplayName client, string reason);

    [LoggerMessage(
        1003,
        LogLevel.Warning,
        "Form for {Path} of {Client} rejected. If this repeats, check that the form contains the antiforgery token, "
            + "and that all nodes share their Data Protection keys. Reason: {Reason}"
    )]
    public static partial void FormRejected(ILogger logger, string path, ClientDisplayName client, string reason);

    [LoggerMessage(
        1004,
        LogLevel.Warning,
        "Back-channel logout for {Client} rejected. If the authorization server sent it, check the configured issuer "
            + "and client id. Reason: {Reason}"
    )]
    public static partial void BackChannelLogoutRejected(ILogger logger, ClientDisplayName client, string reason);

    [LoggerMessage(
        1005,
        LogLevel.Warning,
        "Front-channel logout for {Client} rejected. If the authorization server's logout page sent it, "
            + "set frontchannel_logout_session_required there, or use back-channel logout. Reason: {Reason}"
    )]
    public static partial void FrontChannelLogoutRejected(ILogger logger, ClientDisplayName client, string reason);

    [LoggerMessage(
        1006,
        LogLevel.Warning,
        "Sign-in for {Client} rejected, because AllowSignIn is false. To let the authorization server's users sign in "
            + "to the application, set AllowSignIn in AddBrowserAuthorization"
    )]
    public static partial void SignInNotAllowed(ILogger logger, ClientDisplayName client);

    [LoggerMessage(
        1007,
        LogLevel.Warning,
        "Third-party initiated login for {Client} rejected. If the authorization server started it, check that it sends "
            + "the client's issuer. Reason: {Reason}"
    )]
    public static partial void ThirdPartyLoginRejected(ILogger logger, ClientDisplayName client, string reason);

    [LoggerMessage(
        1008,
        LogLevel.Warning,
        "{Client} signed a user in, but the cookie scheme '{Scheme}' does not check whether the sign-in has ended. A "
            + "user who signs out at the authorization server stays signed in here until the cookie expires. Call RejectEndedSignIns() on "
            + "the authentication builder"
    )]
    public static partial void EndedSignInsNotRejected(ILogger logger, ClientDisplayName client, string scheme);

    [LoggerMessage(
        1009,
        LogLevel.Warning,
        "{Client} signed a user in without UserInfo, so the user may lack a name, an e-mail address or roles. If the "
            + "server has no UserInfo endpoint, remove FetchUserInfoAtSignIn. Reason: {Reason}"
    )]
    public static partial void UserInfoNotFetched(ILogger logger, ClientDisplayName client, string reason);
}
