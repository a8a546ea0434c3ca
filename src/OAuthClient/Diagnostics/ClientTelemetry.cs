using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OAuthClient;

/// <summary>What an application sees of one client's tokens: measurements, activities, and the client's condition.</summary>
internal sealed class ClientTelemetry(string clientName, OAuthClientMetrics metrics, RecentRefreshFailures failures, TimeProvider time)
{
    private static readonly KeyValuePair<string, object?> Hit = new(Telemetry.LookupResult, "hit");
    private static readonly KeyValuePair<string, object?> Miss = new(Telemetry.LookupResult, "miss");
    private static readonly KeyValuePair<string, object?> ByRefreshToken = new(Telemetry.GrantType, "refresh_token");
    private static readonly KeyValuePair<string, object?> ByClientCredentials = new(Telemetry.GrantType, "client_credentials");

    private readonly KeyValuePair<string, object?> client = new(Telemetry.ClientName, clientName);

    /// <summary>Asked for each request: it costs next to nothing.</summary>
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

    /// <param name="isClient">Whether the token is the client's own.</param>
    /// <param name="cause">One of <see cref="RefreshCause"/>.</param>
    /// <param name="caller">Who was first to ask.</param>
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

    /// <param name="wasInDoubt">Whether an answer to the same refresh token was lost before: then the server may have replaced it, and nobody has what replaced it.</param>
    public void Lost(bool wasInDoubt) =>
        metrics.LostGrants.Add(1, client, new(Telemetry.LossCause, wasInDoubt ? "answer_lost" : "refused"));

    // What nobody sees need not be made.
    private static bool IsSeen(Instrument instrument) => instrument.Enabled || Telemetry.Source.HasListeners();

    private static KeyValuePair<string, object?> GrantTypeOf(bool isClient) => isClient ? ByClientCredentials : ByRefreshToken;
}
