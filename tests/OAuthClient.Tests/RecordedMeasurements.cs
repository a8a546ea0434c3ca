using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>What the library measured in one application: others in this process have meters of the same name.</summary>
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
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>(Keep);
        listener.Start();
    }

    public IEnumerable<Instrument> Instruments => all.Select(one => one.Instrument).Distinct();

    /// <summary>The measurements of one instrument, as their tags without the names' common beginning.</summary>
    public IReadOnlyList<string> Tags(string instrument) => [.. Of(instrument).Select(one => one.Tags)];

    public IReadOnlyList<double> Values(string instrument) => [.. Of(instrument).Select(one => one.Value)];

    /// <summary>What an instrument that is asked says now.</summary>
    public double Now(string instrument)
    {
        listener.RecordObservableInstruments();
        return Of(instrument).Last().Value;
    }

    public void Dispose() => listener.Dispose();

    private IEnumerable<(Instrument Instrument, double Value, string Tags)> Of(string instrument) =>
        all.Where(one => one.Instrument.Name == instrument);

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        Keep(instrument, value, tags, null);

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        all.Enqueue(
            (instrument, value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key[(tag.Key.LastIndexOf('.') + 1)..]}={tag.Value}")))
        );
}
