using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>
/// Records the library's measurements of one application. Other applications in the process have meters of the same name.
/// </summary>
internal sealed class RecordedMeasurements : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentQueue<(Instrument Instrument, double Value, string Tags)> all = new();

    public RecordedMeasurements(IServiceProvider services)
    {
        var application = services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Meter.Name == "OAuthClient" && ReferenceEquals(instrument.Meter.Scope, application))
                meters.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>(Record);
        listener.Start();
    }

    public IEnumerable<Instrument> Instruments => all.Select(item => item.Instrument).Distinct();

    /// <summary>Returns the measurements of one instrument as tags without the common prefix of their names.</summary>
    public IReadOnlyList<string> Tags(string instrument) => [.. Of(instrument).Select(item => item.Tags)];

    public IReadOnlyList<double> Values(string instrument) => [.. Of(instrument).Select(item => item.Value)];

    /// <summary>Returns the current value of an observable instrument.</summary>
    public double Now(string instrument)
    {
        listener.RecordObservableInstruments();
        return Of(instrument).Last().Value;
    }

    public void Dispose() => listener.Dispose();

    private IEnumerable<(Instrument Instrument, double Value, string Tags)> Of(string instrument) =>
        all.Where(item => item.Instrument.Name == instrument);

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        Record(instrument, value, tags, null);

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        all.Enqueue(
            (instrument, value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key[(tag.Key.LastIndexOf('.') + 1)..]}={tag.Value}")))
        );
}
