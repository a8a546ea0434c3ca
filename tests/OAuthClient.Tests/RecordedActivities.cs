using System.Collections.Concurrent;
using System.Diagnostics;

namespace OAuthClient.Tests;

/// <summary>The library's activities that have to do with one activity of a test: of its trace, or of one that is linked to it.</summary>
internal sealed class RecordedActivities : IDisposable
{
    private readonly ConcurrentQueue<Activity> all = new();
    private readonly ActivityListener listener;
    private readonly ActivitySource source = new("OAuthClient.Tests");

    public RecordedActivities()
    {
        listener = new()
        {
            ShouldListenTo = one => one.Name == "OAuthClient" || ReferenceEquals(one, source),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = all.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        Caller = source.StartActivity("caller")!;
    }

    /// <summary>The test's own, which is current from here on.</summary>
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
