using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OAuthClient;

/// <summary>What is measured, of all clients of an application.</summary>
internal sealed class OAuthClientMetrics
{
    private readonly ConcurrentDictionary<string, Func<int>> unsavedGrants = new(StringComparer.Ordinal);

    public OAuthClientMetrics(IMeterFactory meters)
    {
        // The factory disposes of it.
        var meter = meters.Create(Telemetry.Name);
        InstrumentAdvice<double> seconds = new()
        {
            HistogramBucketBoundaries = new[] { 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30 },
        };
        Lookups = meter.CreateCounter<long>(
            "oauthclient.token.lookups",
            "{lookup}",
            "Access tokens asked for: hits were answered at once from this process's memory."
        );
        TokenWaits = meter.CreateHistogram(
            "oauthclient.token.wait.duration",
            "s",
            "How long callers waited who were not answered at once.",
            tags: null,
            seconds
        );
        Refreshes = meter.CreateHistogram(
            "oauthclient.token.refresh.duration",
            "s",
            "Access tokens renewed, by refresh token or client credentials: from its beginning until the result is saved.",
            tags: null,
            seconds
        );
        LeaseWaits = meter.CreateHistogram(
            "oauthclient.lease.wait.duration",
            "s",
            "How long a refresh waited for another node's refresh of the same grant.",
            tags: null,
            seconds
        );
        Authorizations = meter.CreateHistogram(
            "oauthclient.authorization.complete.duration",
            "s",
            "Authorizations completed, or refused: from the callback until the grant is stored.",
            tags: null,
            seconds
        );
        AmbiguousRefreshes = meter.CreateCounter<long>(
            "oauthclient.token.refresh.ambiguous",
            "{presentation}",
            "Refresh tokens presented to a server whose answer was lost or never came."
        );
        LostGrants = meter.CreateCounter<long>(
            "oauthclient.grant.lost",
            "{grant}",
            "Grants that the server no longer honours: the resource owner must authorize again."
        );
        meter.CreateObservableUpDownCounter(
            "oauthclient.grant.unsaved",
            UnsavedGrants,
            "{grant}",
            "Refreshed grants that the store has not taken, and that would be lost with this process."
        );
    }

    public Counter<long> Lookups { get; }
    public Histogram<double> TokenWaits { get; }
    public Histogram<double> Refreshes { get; }
    public Histogram<double> LeaseWaits { get; }
    public Histogram<double> Authorizations { get; }
    public Counter<long> AmbiguousRefreshes { get; }
    public Counter<long> LostGrants { get; }

    public void ObserveUnsavedGrants(string clientName, Func<int> count) => unsavedGrants[clientName] = count;

    private IEnumerable<Measurement<int>> UnsavedGrants() =>
        unsavedGrants.Select(client => new Measurement<int>(
            client.Value(),
            new KeyValuePair<string, object?>(Telemetry.ClientName, client.Key)
        ));
}
