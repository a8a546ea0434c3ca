namespace OAuthClient.Tests;

/// <summary>A store that does one thing wrong, and the cases that must refuse it.</summary>
/// <param name="Name">What the store does wrong.</param>
/// <param name="Open">Opens a node on the shared data.</param>
/// <param name="RefusedBy">The names of the cases.</param>
internal sealed record Defect<TStore>(string Name, Func<TStore, TimeProvider, TStore> Open, params string[] RefusedBy)
{
    public override string ToString() => Name;
}

/// <summary>The gap between the check and the change of a store without atomic operations: two callers leave it together.</summary>
internal sealed class Gap
{
    private readonly Lock changes = new();
    private TaskCompletionSource? first;

    public Task MeetAsync()
    {
        lock (changes)
        {
            if (first is null)
            {
                first = new(TaskCreationOptions.RunContinuationsAsynchronously);
                return first.Task;
            }
            first.SetResult();
            first = null;
            return Task.CompletedTask;
        }
    }
}
