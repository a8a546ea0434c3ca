using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OAuthClient;

/// <summary>The metrics of all clients of an application. The tables in <c>README.md</c> of this folder list them.</summary>
internal sealed class OAuthClientMetrics
{
    private readonly ConcurrentDictionary<string, Func<int>> unsavedGrants = new();

    public OAuthClientMetrics(IMeterFactory meters)
    {
        // The factory disposes of the meter.
        var meter = meters.Create(Telemetry.Name);
        InstrumentAdvice<double> seconds = new()
        {
            HistogramBucketBoundaries = new[] { 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30 },
        };
        Lookups = meter.CreateCounter<long>(
            "oauthclient.token.lookups",
            "{lookup}",
            "Requested access tokens: a hit was returned from the memory of this process, a miss was not."
        );
        TokenWaits = meter.CreateHistogram(
            "oauthclient.token.wait.duration",
            "s",
            "The time that callers waited for an access token that was not in memory.",
            tags: null,
            seconds
        );
        Refreshes = meter.CreateHistogram(
            "oauthclient.token.refresh.duration",
            "s",
            "The duration of refreshes, by refresh token or client credentials, until the result is saved.",
            tags: null,
            seconds
        );
        LeaseWaits = meter.CreateHistogram(
            "oauthclient.lease.wait.duration",
            "s",
            "The time that a refresh waited for a refresh of the same grant on another node.",
            tags: null,
            seconds
        );
        Authorizations = meter.CreateHistogram(
            "oauthclient.authorization.complete.duration",
            "s",
            "The duration of authorizations, completed or failed, from the callback until the grant is stored.",
            tags: null,
            seconds
        );
        DeviceAuthorizations = meter.CreateHistogram(
            "oauthclient.device_authorization.complete.duration",
            "s",
            "The duration of device authorizations, completed or failed, from the call until the grant is stored.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = new double[] { 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800 } }
        );
        AmbiguousRefreshes = meter.CreateCounter<long>(
            "oauthclient.token.refresh.ambiguous",
            "{presentation}",
            "Refresh tokens that were sent and to which no response was received."
        );
        LostGrants = meter.CreateCounter<long>(
            "oauthclient.grant.lost",
            "{grant}",
            "Grants whose refresh token the server rejected: the resource owner must authorize again."
        );
        meter.CreateObservableUpDownCounter(
            "oauthclient.grant.unsaved",
            UnsavedGrants,
            "{grant}",
            "Refreshed grants that are not saved yet: they are in the memory of this process only."
        );
    }

    public Counter<long> Lookups { get; }
    public Histogram<double> TokenWaits { get; }
    public Histogram<double> Refreshes { get; }
    public Histogram<double> LeaseWaits { get; }
    public Histogram<double> Authorizations { get; }
    public Histogram<double> DeviceAuthorizations { get; }
    public Counter<long> AmbiguousRefreshes { get; }
    public Counter<long> LostGrants { get; }

    public void ObserveUnsavedGrants(string clientName, Func<int> count) => unsavedGrants[clientName] = count;

    private IEnumerable<Measurement<int>> UnsavedGrants() =>
        unsavedGrants.Select(client => new Measurement<int>(
            client.Value(),
            new KeyValuePair<string, object?>(Telemetry.ClientName, client.Key)
        ));
}
