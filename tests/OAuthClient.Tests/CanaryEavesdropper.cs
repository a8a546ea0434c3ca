using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>Hears everything an application's log, traces and metrics could: every level, scope, structured value, tag, event and baggage.</summary>
internal sealed class CanaryEavesdropper : ILoggerProvider, ISupportExternalScope
{
    // The authorization server and the resource server live in this process; what they trace is not the client's.
    private const string Servers = "Microsoft.AspNetCore";

    private readonly ConcurrentQueue<string> heard = new();
    private readonly ActivityListener activities;
    private readonly MeterListener meters = new();
    private IExternalScopeProvider scopes = new LoggerExternalScopeProvider();

    public CanaryEavesdropper()
    {
        activities = new()
        {
            ShouldListenTo = source => !source.Name.StartsWith(Servers, StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Hear,
        };
        ActivitySource.AddActivityListener(activities);
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (!instrument.Meter.Name.StartsWith(Servers, StringComparison.Ordinal))
                listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<int>(Hear);
        meters.SetMeasurementEventCallback<long>(Hear);
        meters.SetMeasurementEventCallback<double>(Hear);
        meters.Start();
    }

    public IReadOnlyCollection<string> Heard => heard;

    public void Hear(string source, object? what) => heard.Enqueue($"{source}: {what}");

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    /// <summary>Asks the instruments that speak only when asked.</summary>
    public void Ask() => meters.RecordObservableInstruments();

    public void Dispose()
    {
        activities.Dispose();
        meters.Dispose();
    }

    private void Hear(Activity activity)
    {
        Hear(
            "activity " + activity.Source.Name,
            $"{activity.OperationName} {activity.DisplayName} {activity.StatusDescription} {activity.TraceStateString}"
        );
        HearPairs("activity tag", activity.TagObjects);
        HearPairs("activity baggage", activity.Baggage.Select(pair => new KeyValuePair<string, object?>(pair.Key, pair.Value)));
        foreach (var one in activity.Events)
            HearPairs("activity event " + one.Name, one.Tags);
        foreach (var one in activity.Links)
            HearPairs("activity link " + one.Context.TraceState, one.Tags ?? []);
    }

    private void Hear<T>(Instrument instrument, T measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        HearPairs("meter " + instrument.Name, tags.ToArray());

    private void HearPairs(string source, IEnumerable<KeyValuePair<string, object?>> pairs)
    {
        foreach (var (key, value) in pairs)
        {
            Hear(source, $"{key}={value}");
            if (value is System.Collections.IEnumerable many and not string)
            {
                foreach (object? item in many)
                    Hear(source, $"{key}[]={item}");
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
            owner.Hear("log " + category, formatter(state, exception));
            owner.Hear("log exception " + category, exception);
            HearState("log state " + category, state);
            owner.scopes.ForEachScope((scope, source) => HearState(source, scope), "log scope " + category);
        }

        private void HearState(string source, object? state)
        {
            owner.Hear(source, state);
            if (state is IEnumerable<KeyValuePair<string, object?>> pairs)
                owner.HearPairs(source, pairs);
        }
    }
}
