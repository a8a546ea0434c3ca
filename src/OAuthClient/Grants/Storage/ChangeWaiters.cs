namespace OAuthClient;

/// <summary>Signals the callers in this process that wait for a change of a grant, or of any grant of its owner.</summary>
internal sealed class ChangeWaiters
{
    private readonly Dictionary<string, HashSet<TaskCompletionSource>> waiters = new();

    /// <summary>Creates a task that completes at the next change.</summary>
    /// <param name="keys">The id of the grant, and the key of its owner.</param>
    public TaskCompletionSource Add(params ReadOnlySpan<string> keys)
    {
        TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (waiters)
        {
            foreach (string key in keys)
            {
                if (!waiters.TryGetValue(key, out var others))
                    waiters[key] = others = [];
                others.Add(waiter);
            }
        }
        return waiter;
    }

    public void Remove(TaskCompletionSource waiter, params ReadOnlySpan<string> keys)
    {
        lock (waiters)
        {
            foreach (string key in keys)
            {
                if (waiters.TryGetValue(key, out var others) && others.Remove(waiter) && others.Count == 0)
                    waiters.Remove(key);
            }
        }
    }

    public void Wake(string key)
    {
        lock (waiters)
        {
            foreach (var waiter in waiters.GetValueOrDefault(key) ?? [])
                waiter.TrySetResult();
        }
    }

    public void WakeAll()
    {
        lock (waiters)
        {
            foreach (var waiter in waiters.Values.SelectMany(all => all))
                waiter.TrySetResult();
        }
    }
}
