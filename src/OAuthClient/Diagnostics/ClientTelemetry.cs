using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OAuthClient;

/// <summary>Records the measurements and activities of one client, and the failures that determine its health.</summary>
internal sealed class ClientTelemetry(string clientName, OAuthClientMetrics metrics, RecentRefreshFailures failures, TimeProvider time)
{
    private static readonly KeyValuePair<string, object?> Hit = new(Telemetry.LookupResult, "hit");
    private static readonly KeyValuePair<string, object?> Miss = new(Telemetry.LookupResult, "miss");
    private static readonly KeyValuePair<string, object?> ByRefreshToken = new(Telemetry.GrantType, "refresh_token");
    private static readonly KeyValuePair<string, object?> ByClientCredentials = new(Telemetry.GrantType, "client_credentials");

    private readonly KeyValuePair<string, object?> client = new(Telemetry.ClientName, clientName);

    /// <summary>Gets a value indicating whether lookups are measured. It is read with each request.</summary>
    public bool CountsLookups => metrics.Lookups.Enabled;

    public void Lookup(bool isClient, bool isHit) => metrics.Lookups.Add(1, client, GrantTypeOf(isClient), isHit ? Hit : Miss);

    public bool SeesWaits => IsSeen(metrics.TokenWaits);

    public TimedOperation? WaitForToken(bool isClient) =>
        !SeesWaits ? null : new(Telemetry.Start("oauthclient.token.wait"), metrics.TokenWaits, time, [client, GrantTypeOf(isClient)]);

    public TimedOperation? WaitForLease() =>
        !IsSeen(metrics.LeaseWaits) ? null : new(Telemetry.Start("oauthclient.lease.wait"), metrics.LeaseWaits, time, [client]);

    public TimedOperation? CompleteAuthorization() =>
        !IsSeen(metrics.Authorizations)
            ? null
            : new(Telemetry.Start("oauthclient.authorization.complete"), metrics.Authorizations, time, [client]);

    public TimedOperation? CompleteDeviceAuthorization() =>
        !IsSeen(metrics.DeviceAuthorizations)
            ? null
            : new(Telemetry.Start("oauthclient.device_authorization.complete"), metrics.DeviceAuthorizations, time, [client]);

    /// <summary>Starts a refresh. Its activity is linked to that of the caller, because it can serve several callers.</summary>
    /// <param name="isClient"><see langword="true"/> for client credentials; <see langword="false"/> for a refresh token.</param>
    /// <param name="cause">A constant of <see cref="RefreshCause"/>.</param>
    /// <param name="caller">The activity of the first caller.</param>
    /// <returns>The operation, which the caller disposes of when the refresh has ended.</returns>
    public RefreshOperation Refresh(bool isClient, string cause, ActivityContext caller) =>
        new(
            !IsSeen(metrics.Refreshes)
                ? null
                : new(
                    Telemetry.StartDetached("oauthclient.token.refresh", caller),
                    metrics.Refreshes,
                    time,
                    [client, GrantTypeOf(isClient), new(Telemetry.RefreshCause, cause)]
                ),
            failures
        );

    public void PresentedWithoutAnswer() => metrics.AmbiguousRefreshes.Add(1, client);

    /// <summary>Counts a grant whose refresh token the server rejected.</summary>
    /// <param name="wasInDoubt">
    /// <see langword="true"/> if the response to the same refresh token was lost before. The server may then have rotated the refresh
    /// token.
    /// </param>
    public void Lost(bool wasInDoubt) =>
        metrics.LostGrants.Add(1, client, new(Telemetry.LossCause, wasInDoubt ? "answer_lost" : "refused"));

    // Without a listener no measurement or activity is created.
    private static bool IsSeen(Instrument instrument) => instrument.Enabled || Telemetry.Source.HasListeners();

    private static KeyValuePair<string, object?> GrantTypeOf(bool isClient) => isClient ? ByClientCredentials : ByRefreshToken;
}
