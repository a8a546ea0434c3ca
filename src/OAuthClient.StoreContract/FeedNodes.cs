using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;

namespace OAuthClient.StoreContract;

/// <summary>Opens the second node of a store with a change feed. The first node is subscribed, too, as the library does.</summary>
internal static class FeedNodes
{
    private static readonly StoppedClock Clock = new();

    /// <summary>Opens a node with the cache, as <c>AddGrantStore</c> registers it. No cached copy expires.</summary>
    public static async Task<IGrantStore> OpenCachedAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken) =>
        CachedGrantStore.Around((await OpenOtherAsync(run, cancellationToken)).Store, Clock, NullLogger.Instance);

    /// <summary>Opens a node without the cache, in use before the subscription, and waits until its feed is connected.</summary>
    public static async Task<ObservedFeed> OpenObservedAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var (store, feed) = await OpenOtherAsync(run, cancellationToken);
        await SampleGrants.FindAsync(store, "42", cancellationToken);
        ObservedFeed observed = new(store, feed);
        await feed.GetKeyAsync(SampleGrants.Client, GrantOwner.User("42"), cancellationToken);
        await run.EventuallyAsync(
            () => Task.FromResult(observed.IsConnected),
            "The feed must call the function 'connected' that Subscribe received, also if it was connected before.",
            "Call it in Subscribe if the feed is connected already, and after each new connection.",
            cancellationToken
        );
        return observed;
    }

    private static async Task<(IGrantStore Store, IGrantChangeFeed Feed)> OpenOtherAsync(
        CaseRun<IGrantStore> run,
        CancellationToken cancellationToken
    )
    {
        FeedOf(run.Store).Subscribe(static _ => { }, static () => { }, static _ => { });
        var other = await run.OpenAsync(cancellationToken);
        Expect.That(
            !ReferenceEquals(run.Store, other),
            $"{nameof(StoreUnderTest<>.OpenAsync)} must open a node at each call, but it returned the same object twice.",
            "Create an object for each node, on the same data. A store that serves one process needs no change feed."
        );
        return (other, FeedOf(other));
    }

    private static IGrantChangeFeed FeedOf(IGrantStore store) =>
        store as IGrantChangeFeed
        ?? throw new StoreContractException(
            $"The store that {nameof(StoreUnderTest<>.OpenAsync)} returned, {store.GetType()}, does not implement "
                + $"{nameof(IGrantChangeFeed)}. Return the store itself, without the cache that AddGrantStore adds: these cases add it. "
                + "Leave out ChangeFeedCases for a store without a change feed."
        );

    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public override DateTimeOffset GetUtcNow() => SampleGrants.Expiry;
    }
}

/// <summary>A node whose reports are recorded, each with the read that it caused.</summary>
internal sealed class ObservedFeed
{
    private readonly ConcurrentQueue<(string Key, Task<IReadOnlyList<Grant>> Read)> reports = new();
    private volatile bool isConnected;

    public ObservedFeed(IGrantStore store, IGrantChangeFeed feed)
    {
        (Store, Feed) = (store, feed);
        feed.Subscribe(key => reports.Enqueue((key, ReadAsync())), () => isConnected = true, _ => isConnected = false);
    }

    public IGrantStore Store { get; }
    public IGrantChangeFeed Feed { get; }
    public bool IsConnected => isConnected;

    public ValueTask<string> KeyAsync(string owner, CancellationToken cancellationToken) =>
        Feed.GetKeyAsync(SampleGrants.Client, GrantOwner.User(owner), cancellationToken);

    /// <summary>Removes the reports so far.</summary>
    public void Clear() => reports.Clear();

    /// <summary>Determines whether a report of a key caused a read with these grants.</summary>
    public async Task<bool> HasReportedAsync(string key, IReadOnlyList<string> grants, CancellationToken cancellationToken)
    {
        foreach (var (reported, read) in reports)
            if (
                string.Equals(reported, key, StringComparison.Ordinal)
                && SampleGrants.Describe(await read.WaitAsync(cancellationToken)).SequenceEqual(grants)
            )
                return true;
        return false;
    }

    // Begins within the report, as the read of a caller can.
    private async Task<IReadOnlyList<Grant>> ReadAsync() => await SampleGrants.FindAsync(Store, "42", CancellationToken.None);
}
