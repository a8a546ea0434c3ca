using System.Diagnostics;
using System.Globalization;

namespace OAuthClient;

/// <summary>
/// The names by which an application sees the library at work, after OpenTelemetry's conventions. No tag holds a secret, an owner, a
/// grant or a server's own words: what is listened to is exported, and kept.
/// </summary>
internal static class Telemetry
{
    /// <summary>Of the activity source, and of the meter.</summary>
    public const string Name = "OAuthClient";

    public const string ClientName = "oauthclient.client.name";
    public const string GrantType = "oauthclient.grant_type";
    public const string LookupResult = "oauthclient.token.lookup.result";
    public const string LossCause = "oauthclient.grant.loss.cause";
    public const string RefreshCause = "oauthclient.token.refresh.cause";
    public const string RefreshOutcome = "oauthclient.token.refresh.outcome";
    public const string ErrorType = "error.type";

    public static readonly ActivitySource Source = new(Name);

    /// <summary>Whose activity asks for something that is done once for many, and so in nobody's.</summary>
    public static ActivityContext Caller => Source.HasListeners() && Activity.Current is { } current ? current.Context : default;

    public static Activity? Start(string operation) => Source.StartActivity(operation);

    /// <param name="operation">What begins.</param>
    /// <param name="caller">Who was first to ask for it: linked and no parent, for it serves others too and may outlive them all.</param>
    public static Activity? StartDetached(string operation, ActivityContext caller) =>
        Source.StartActivity(
            operation,
            ActivityKind.Internal,
            parentContext: default,
            links: caller == default ? null : [new ActivityLink(caller)]
        );

    /// <summary>What went wrong, as one of few words: an error code of the specifications, an HTTP status, or the exception's type.</summary>
    public static string TypeOf(Exception fault) =>
        fault switch
        {
            ReauthorizationRequiredException { InnerException: { } reason } => TypeOf(reason),
            EndpointException { Error: { } error } when IsKnown(error) => error,
            EndpointException refusal => ((int)refusal.StatusCode).ToString(CultureInfo.InvariantCulture),
            AuthorizationResponseException { Error: { } error } when IsKnown(error) => error,
            OperationCanceledException { InnerException: TimeoutException } => "timeout",
            _ => fault.GetType().FullName!,
        };

    // Everything else that stands in the place of an error code could be anything, also what we sent.
    private static bool IsKnown(string error) =>
        error
            is "access_denied"
                or "account_selection_required"
                or "consent_required"
                or "insufficient_scope"
                or "interaction_required"
                or "invalid_request"
                or "invalid_target"
                or "login_required"
                or ErrorCodes.InvalidClient
                or ErrorCodes.InvalidGrant
                or ErrorCodes.InvalidScope
                or ErrorCodes.InvalidToken
                or ErrorCodes.ServerError
                or ErrorCodes.TemporarilyUnavailable
                or ErrorCodes.UnauthorizedClient
                or ErrorCodes.UnsupportedGrantType
                or ErrorCodes.UnsupportedTokenType;
}
