using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;

namespace OAuthClient.Tests;

/// <summary>A distributed cache in memory, whose entries a test can read and change and whose calls can fail.</summary>
internal sealed class FakeDistributedCache : IDistributedCache
{
    private readonly ConcurrentDictionary<string, byte[]> entries = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource called = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int sets;

    public Func<Task>? Fault { get; init; }

    /// <summary>Gets a task that completes with the first call.</summary>
    public Task Called => called.Task;

    public ConcurrentQueue<DistributedCacheEntryOptions> Options { get; } = new();

    public IEnumerable<KeyValuePair<string, byte[]>> Entries => entries.OrderBy(entry => entry.Key, StringComparer.Ordinal);

    public void Put(string key, byte[] content) => entries[key] = content;

    /// <summary>Runs an action that caches one entry and waits until the entry is written.</summary>
    public async Task<AccessToken> FilledAsync(Func<ValueTask<AccessToken>> get)
    {
        int before = Volatile.Read(ref sets);
        var token = await get();
        await Eventually.UntilAsync(() => Volatile.Read(ref sets) > before);
        return token;
    }

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        called.TrySetResult();
        await (Fault?.Invoke() ?? Task.CompletedTask);
        return entries.GetValueOrDefault(key);
    }

    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        called.TrySetResult();
        await (Fault?.Invoke() ?? Task.CompletedTask);
        entries[key] = value;
        Options.Enqueue(options);
        Interlocked.Increment(ref sets);
    }

    public byte[]? Get(string key) => throw new NotSupportedException();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

    public void Refresh(string key) => throw new NotSupportedException();

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Remove(string key) => throw new NotSupportedException();

    public Task RemoveAsync(string key, CancellationToken token = default) => throw new NotSupportedException();
}
