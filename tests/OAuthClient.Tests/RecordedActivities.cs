using System.Collections.Concurrent;
using System.Diagnostics;

namespace OAuthClient.Tests;

/// <summary>Records the library's activities that belong to the trace of a test's activity, or to a trace linked to it.</summary>
internal sealed class RecordedActivities : IDisposable
{
    private readonly ConcurrentQueue<Activity> all = new();
    private readonly ActivityListener listener;
    private readonly ActivitySource source = new("OAuthClient.Tests");

    public RecordedActivities()
    {
        listener = new()
        {
            ShouldListenTo = listened => listened.Name == "OAuthClient" || ReferenceEquals(listened, source),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = all.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        Caller = source.StartActivity("caller")!;
    }

    /// <summary>Gets the activity of the test, which is the current activity.</summary>
    public Activity Caller { get; }

    public IReadOnlyList<Activity> All => [.. all.Where(IsOurs)];

    public Activity Only(string name) => All.Single(activity => activity.OperationName == name);

    public void Dispose()
    {
        Caller.Dispose();
        listener.Dispose();
        source.Dispose();
    }

    private bool IsOurs(Activity activity) =>
        activity.TraceId == Caller.TraceId
        || all.Any(linked => linked.TraceId == activity.TraceId && linked.Links.Any(link => link.Context.TraceId == Caller.TraceId));
}
