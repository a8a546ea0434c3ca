namespace OAuthClient;

/// <summary>
/// Compares cached grants with the store, many owners in one query, and removes those that differ. A failure is ignored, because grants
/// that are not compared are read again at their next use.
/// </summary>
internal sealed class GrantComparer(IGrantChangeFeed feed, GrantFreshness freshness, Action<GrantCacheEntry> drop, TimeProvider time)
{
    private const int MaximumOwners = 500;

    // Collects the owners of one query. Shorter than the time between the comparison and the next read.
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly Queue<GrantCacheEntry> due = new();
    private bool isRunning;

    /// <summary>Compares an entry soon.</summary>
    public void Enqueue(GrantCacheEntry entry)
    {
        if (!entry.TryQueue())
            return;
        lock (due)
        {
            due.Enqueue(entry);
            if (isRunning)
                return;
            isRunning = true;
        }
        _ = BackgroundWork.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        await Task.Delay(Delay, time).ConfigureAwait(false);
        try
        {
            while (Take() is { Count: > 0 } batch)
                await CompareAsync(batch).ConfigureAwait(false);
        }
        catch
        {
            lock (due)
                isRunning = false;
            throw;
        }
    }

    private Dictionary<string, (GrantCacheEntry Entry, GrantSnapshot Copy)> Take()
    {
        Dictionary<string, (GrantCacheEntry, GrantSnapshot)> batch = new();
        lock (due)
        {
            while (batch.Count < MaximumOwners && due.TryDequeue(out var entry))
            {
                if (entry.Value is { } copy)
                    batch[entry.Key] = (entry, copy);
                else
                    entry.Dequeue();
            }
            isRunning = batch.Count > 0;
        }
        return batch;
    }

    private async Task CompareAsync(Dictionary<string, (GrantCacheEntry Entry, GrantSnapshot Copy)> batch)
    {
        var during = freshness.Listening;
        long began = time.GetTimestamp();
        try
        {
            var cached = batch.ToDictionary(entry => entry.Key, entry => (IReadOnlyList<Grant>)entry.Value.Copy.Grants);
            var outdated = await feed.FindOutdatedAsync(cached, CancellationToken.None).ConfigureAwait(false);
            // Each entry is updated once: a read that began after a first update would be repeated because of a second one.
            foreach (var (entry, copy) in batch.Where(one => !outdated.Contains(one.Key)).Select(one => one.Value))
                entry.Update(known => ReferenceEquals(known, copy) ? known with { ReadAt = began, ReadDuring = during } : known);
            foreach (var (key, (entry, _)) in batch)
            {
                if (outdated.Contains(key))
                    drop(entry);
            }
        }
        catch (Exception exception)
        {
            freshness.RecordFailure(exception);
        }
        finally
        {
            // Not before, so that a reader during the comparison does not cause another one.
            foreach (var (entry, _) in batch.Values)
                entry.Dequeue();
        }
    }
}
