using System.Diagnostics;
using System.Globalization;

namespace OAuthClient;

/// <summary>
/// The names of the activity source, the meter and their tags, after OpenTelemetry's conventions. No tag contains a secret, an owner, a
/// grant or text of a server, because tags are exported and stored.
/// </summary>
internal static class Telemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "OAuthClient";

    public const string ClientName = "oauthclient.client.name";
    public const string GrantType = "oauthclient.grant_type";
    public const string LookupResult = "oauthclient.token.lookup.result";
    public const string LossCause = "oauthclient.grant.loss.cause";
    public const string RefreshCause = "oauthclient.token.refresh.cause";
    public const string RefreshOutcome = "oauthclient.token.refresh.outcome";
    public const string ErrorType = "error.type";

    public static readonly ActivitySource Source = new(Name);

    /// <summary>
    /// Gets the context of the current activity, to link detached work to it; <see langword="default"/> without a listener.
    /// </summary>
    public static ActivityContext Caller => Source.HasListeners() && Activity.Current is { } current ? current.Context : default;

    /// <summary>Starts an activity as a child of the current one.</summary>
    /// <param name="operation">The name of the activity.</param>
    /// <returns>The activity; <see langword="null"/> without a listener.</returns>
    public static Activity? Start(string operation) => Source.StartActivity(operation);

    /// <summary>Starts an activity without a parent for work that serves several callers and can outlive them.</summary>
    /// <param name="operation">The name of the activity.</param>
    /// <param name="caller">The activity of the first caller, to which the new one is linked.</param>
    /// <returns>The activity; <see langword="null"/> without a listener.</returns>
    public static Activity? StartDetached(string operation, ActivityContext caller) =>
        Source.StartActivity(
            operation,
            ActivityKind.Internal,
            parentContext: default,
            links: caller == default ? null : [new ActivityLink(caller)]
        );

    /// <summary>Gets the value of <c>error.type</c> for an exception. The number of different values is limited.</summary>
    /// <param name="fault">The exception.</param>
    /// <returns>An error code of the specifications, an HTTP status code, <c>timeout</c>, or the name of the exception type.</returns>
    public static string TypeOf(Exception fault) =>
        fault switch
        {
            ReauthorizationRequiredException { InnerException: { } reason } => TypeOf(reason),
            EndpointException { Error: { } error } when ErrorCodes.IsStandard(error) => error,
            EndpointException refusal => ((int)refusal.StatusCode).ToString(CultureInfo.InvariantCulture),
            AuthorizationResponseException { Error: { } error } when ErrorCodes.IsStandard(error) => error,
            OperationCanceledException { InnerException: TimeoutException } => "timeout",
            _ => fault.GetType().FullName!,
        };
}
