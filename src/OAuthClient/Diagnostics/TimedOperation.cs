using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OAuthClient;

/// <summary>Something that takes time: a measurement, and an activity with the same tags where somebody listens.</summary>
internal sealed class TimedOperation(Activity? activity, Histogram<double> durations, TimeProvider time, TagList tags) : IDisposable
{
    private readonly long began = time.GetTimestamp();

    public void Tag(string name, object value) => tags.Add(name, value);

    // Neither status nor event holds the exception's text: part of it is the server's.
    public void Fail(Exception fault)
    {
        tags.Add(Telemetry.ErrorType, Telemetry.TypeOf(fault));
        activity?.SetStatus(ActivityStatusCode.Error);
    }

    public void Dispose()
    {
        durations.Record(time.GetElapsedTime(began).TotalSeconds, tags);
        if (activity is null)
            return;
        foreach (var (name, value) in tags)
            activity.SetTag(name, value);
        activity.Dispose();
    }
}
