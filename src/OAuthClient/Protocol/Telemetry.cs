using System.Collections.Frozen;
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

    // Everything else that stands in the place of an error code could be anything, also what we sent.
    private static readonly FrozenSet<string> KnownErrors = FrozenSet.Create(
        StringComparer.Ordinal,
        "access_denied", "account_selection_required", "consent_required", "insufficient_scope", "interaction_required", "invalid_request", "invalid_target",
        "login_required", ErrorCodes.InvalidClient, ErrorCodes.InvalidGrant, ErrorCodes.InvalidScope, ErrorCodes.InvalidToken, ErrorCodes.ServerError,
        ErrorCodes.TemporarilyUnavailable, ErrorCodes.UnauthorizedClient, ErrorCodes.UnsupportedGrantType, ErrorCodes.UnsupportedTokenType);

    /// <summary>Whose activity asks for something that is done once for many, and so in nobody's.</summary>
    public static ActivityContext Caller => Source.HasListeners() && Activity.Current is { } current ? current.Context : default;

    public static Activity? Start(string operation) => Source.StartActivity(operation);

    /// <param name="operation">What begins.</param>
    /// <param name="caller">Who was first to ask for it: linked and no parent, for it serves others too and may outlive them all.</param>
    public static Activity? StartDetached(string operation, ActivityContext caller) => Source.StartActivity(
        operation, ActivityKind.Internal, parentContext: default, links: caller == default ? null : [new ActivityLink(caller)]);

    /// <summary>What went wrong, as one of few words: an error code of the specifications, an HTTP status, or the exception's type.</summary>
    public static string TypeOf(Exception fault) => fault switch
    {
        ReauthorizationRequiredException { InnerException: { } reason } => TypeOf(reason),
        EndpointException { Error: { } error } when KnownErrors.Contains(error) => error,
        EndpointException refusal => ((int)refusal.StatusCode).ToString(CultureInfo.InvariantCulture),
        AuthorizationResponseException { Error: { } error } when KnownErrors.Contains(error) => error,
        OperationCanceledException { InnerException: TimeoutException } => "timeout",
        _ => fault.GetType().FullName!,
    };
}
