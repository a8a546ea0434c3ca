using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>
/// Records everything that is logged, traced or measured: every level, scope, structured value, tag, event and baggage item.
/// </summary>
internal sealed class CanaryEavesdropper : ILoggerProvider, ISupportExternalScope
{
    // The authorization server and the resource server run in the same process. Their telemetry is not the client's and is ignored.
    private const string ServerPrefix = "Microsoft.AspNetCore";

    private readonly ConcurrentQueue<string> recorded = new();
    private readonly ActivityListener activities;
    private readonly MeterListener meters = new();
    private IExternalScopeProvider scopes = new LoggerExternalScopeProvider();

    public CanaryEavesdropper()
    {
        activities = new()
        {
            ShouldListenTo = source => !source.Name.StartsWith(ServerPrefix, StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Record,
        };
        ActivitySource.AddActivityListener(activities);
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (!instrument.Meter.Name.StartsWith(ServerPrefix, StringComparison.Ordinal))
                listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<int>(Record);
        meters.SetMeasurementEventCallback<long>(Record);
        meters.SetMeasurementEventCallback<double>(Record);
        meters.Start();
    }

    public IReadOnlyCollection<string> Recorded => recorded;

    public void Record(string source, object? value) => recorded.Enqueue($"{source}: {value}");

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    /// <summary>Records the observable instruments.</summary>
    public void RecordObservableInstruments() => meters.RecordObservableInstruments();

    public void Dispose()
    {
        activities.Dispose();
        meters.Dispose();
    }

    private void Record(Activity activity)
    {
        Record(
            "activity " + activity.Source.Name,
            $"{activity.OperationName} {activity.DisplayName} {activity.StatusDescription} {activity.TraceStateString}"
        );
        RecordPairs("activity tag", activity.TagObjects);
        RecordPairs("activity baggage", activity.Baggage.Select(pair => new KeyValuePair<string, object?>(pair.Key, pair.Value)));
        foreach (var activityEvent in activity.Events)
            RecordPairs("activity event " + activityEvent.Name, activityEvent.Tags);
        foreach (var link in activity.Links)
            RecordPairs("activity link " + link.Context.TraceState, link.Tags ?? []);
    }

    private void Record<T>(Instrument instrument, T measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        RecordPairs("meter " + instrument.Name, tags.ToArray());

    private void RecordPairs(string source, IEnumerable<KeyValuePair<string, object?>> pairs)
    {
        foreach (var (key, value) in pairs)
        {
            Record(source, $"{key}={value}");
            if (value is System.Collections.IEnumerable many and not string)
            {
                foreach (object? item in many)
                    Record(source, $"{key}[]={item}");
            }
        }
    }

    private sealed class Logger(CanaryEavesdropper owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => owner.scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            owner.Record("log " + category, formatter(state, exception));
            owner.Record("log exception " + category, exception);
            RecordState("log state " + category, state);
            owner.scopes.ForEachScope((scope, source) => RecordState(source, scope), "log scope " + category);
        }

        private void RecordState(string source, object? state)
        {
            owner.Record(source, state);
            if (state is IEnumerable<KeyValuePair<string, object?>> pairs)
                owner.RecordPairs(source, pairs);
        }
    }
}
