using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OAuthClient;

/// <summary>Measures the duration of an operation, and gives its activity, if there is a listener, the same tags.</summary>
internal sealed class TimedOperation(Activity? activity, Histogram<double> durations, TimeProvider time, TagList tags) : IDisposable
{
    private readonly long startedAt = time.GetTimestamp();

    public void Tag(string name, object value) => tags.Add(name, value);

    // The status has no description: the message of the exception can contain text of the server.
    public void Fail(Exception fault)
    {
        tags.Add(Telemetry.ErrorType, Telemetry.TypeOf(fault));
        activity?.SetStatus(ActivityStatusCode.Error);
    }

    public void Dispose()
    {
        durations.Record(time.GetElapsedTime(startedAt).TotalSeconds, tags);
        if (activity is null)
            return;
        foreach (var (name, value) in tags)
            activity.SetTag(name, value);
        activity.Dispose();
    }
}
