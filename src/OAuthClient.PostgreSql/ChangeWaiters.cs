namespace OAuthClient.PostgreSql;

/// <summary>Signals the callers on this node that wait for a change of an owner's grants.</summary>
internal sealed class ChangeWaiters
{
    private readonly Dictionary<string, Signal> signals = new(StringComparer.Ordinal);
    private readonly Lock changes = new();

    public Subscription Subscribe(string hint)
    {
        lock (changes)
        {
            if (!signals.TryGetValue(hint, out var signal))
                signals[hint] = signal = new();
            signal.Count++;
            return new(this, hint, signal);
        }
    }

    public void Wake(string hint)
    {
        lock (changes)
            signals.GetValueOrDefault(hint)?.Wake();
    }

    public void WakeAll()
    {
        lock (changes)
        {
            foreach (var signal in signals.Values)
                signal.Wake();
        }
    }

    private void Unsubscribe(string hint, Signal signal)
    {
        lock (changes)
        {
            if (--signal.Count == 0)
                signals.Remove(hint);
        }
    }

    internal readonly struct Subscription(ChangeWaiters all, string hint, Signal signal) : IDisposable
    {
        /// <summary>Gets a task that completes with the next change. Get it before reading, so that no change is missed.</summary>
        public Task Next => signal.Next;

        public void Dispose() => all.Unsubscribe(hint, signal);
    }

    internal sealed class Signal
    {
        private volatile TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Count { get; set; }
        public Task Next => next.Task;

        public void Wake()
        {
            var woken = next;
            next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            woken.SetResult();
        }
    }
}
