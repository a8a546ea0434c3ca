using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace OAuthClient.Tests;

/// <summary>
/// A process of several that share a store in memory, with a change feed that the test controls. Changes are reported to the other
/// processes.
/// </summary>
internal sealed class FeedStore(TimeProvider time) : IGrantStore, IGrantChangeFeed
{
    private readonly TimeProvider time = time;
    private readonly InMemoryGrantStore shared = new(time);
    private readonly ConcurrentQueue<FeedStore> subscribed = new();
    private readonly ConcurrentDictionary<string, string> keys = new(StringComparer.Ordinal);
    private Action<string>? changed;
    private Action? connected;
    private Action<TimeSpan>? disconnected;
    private bool isConnectedAtFirst;
    private int reads;

    private FeedStore(FeedStore other)
        : this(other.time) => (shared, subscribed, keys) = (other.shared, other.subscribed, other.keys);

    /// <summary>Gets the number of reads of one owner.</summary>
    public int Reads => Volatile.Read(ref reads);

    /// <summary>Gets the owners that were compared, in each call.</summary>
    public List<int> Comparisons { get; } = [];

    /// <summary>Gets or sets the exception of every call.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Gets or sets a function that runs after the shared store was read and before the result returns.</summary>
    public Func<Task>? AfterRead { get; set; }

    /// <summary>Gets or sets a value indicating whether a wait ends only because of the cache, as if the store polled seldom.</summary>
    public bool NoticesNoChange { get; set; }

    public long? MaximumCacheBytes { get; init; }
    public IGrantStore Shared => shared;

    /// <summary>Creates the cache in front of this store.</summary>
    public IGrantStore WithCache(RecordedLog? log = null) => CachedGrantStore.Around(this, time, (log ?? new()).CreateLogger("cache"));

    /// <summary>Opens another process.</summary>
    /// <param name="isConnected">Whether its feed is connected before it is subscribed.</param>
    public FeedStore OpenNode(bool isConnected) => new(this) { isConnectedAtFirst = isConnected };

    public void Connect() => connected!();

    public void Disconnect(TimeSpan silence) => disconnected!(silence);

    public void Report(string owner, string clientName = "photos") => changed!(Key(clientName, GrantOwner.User(owner)));

    /// <summary>Reports the owner of a grant to the other processes.</summary>
    public void ReportToOthers(Grant grant) => ReportToOthers(Key(grant.ClientName, grant.Owner));

    public void Subscribe(Action<string> changed, Action connected, Action<TimeSpan> disconnected)
    {
        (this.changed, this.connected, this.disconnected) = (changed, connected, disconnected);
        subscribed.Enqueue(this);
        if (isConnectedAtFirst)
            connected();
    }

    public ValueTask<string> GetKeyAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        new(Key(clientName, owner));

    public bool IsOutage(Exception exception) => exception is IOException;

    public async ValueTask<IReadOnlyCollection<string>> FindOutdatedAsync(
        IReadOnlyDictionary<string, IReadOnlyList<Grant>> cached,
        CancellationToken cancellationToken
    )
    {
        Check();
        lock (Comparisons)
            Comparisons.Add(cached.Count);
        List<string> outdated = [];
        foreach (var (key, known) in cached)
        {
            var stored = await shared.FindAsync(known[0].ClientName, known[0].Owner, cancellationToken);
            if (!known.Select(Version).SequenceEqual(stored.Select(Version)))
                outdated.Add(key);
        }
        return outdated;
    }

    public async ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref reads);
        Check();
        var found = await shared.FindCurrentAsync(clientName, owner, cancellationToken);
        if (AfterRead is { } after)
            await after();
        return found;
    }

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        FindCurrentAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken) =>
        Checked().FindByFingerprintAsync(fingerprint, cancellationToken);

    public async ValueTask AddAsync(Grant grant, CancellationToken cancellationToken)
    {
        keys[grant.Id] = Key(grant.ClientName, grant.Owner);
        await Checked().AddAsync(grant, cancellationToken);
        ReportToOthers(grant);
    }

    public async ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        bool isReplaced = await Checked().TryReplaceAsync(newer, cancellationToken);
        ReportToOthers(newer);
        return isReplaced;
    }

    public async ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken)
    {
        await Checked().RemoveAsync(grant, cancellationToken);
        ReportToOthers(grant);
    }

    public ValueTask<LeaseResult> TryAcquireLeaseAsync(
        Grant seen,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    ) => Checked().TryAcquireLeaseAsync(seen, held, length, cancellationToken);

    public async ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken)
    {
        await Checked().ReleaseLeaseAsync(lease, status, cancellationToken);
        if (keys.TryGetValue(lease.GrantId, out string? key))
            ReportToOthers(key);
    }

    public ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken) =>
        NoticesNoChange ? new(Task.Delay(atMost, time, cancellationToken)) : shared.WaitForChangeAsync(seen, atMost, cancellationToken);

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        Checked().TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);

    private static string Key(string clientName, GrantOwner owner) => $"{clientName}\n{owner}";

    private static (string, long) Version(Grant grant) => (grant.Id, grant.Generation);

    private void ReportToOthers(string key)
    {
        foreach (var process in subscribed)
            if (process != this)
                process.changed!(key);
    }

    private InMemoryGrantStore Checked([CallerMemberName] string member = "")
    {
        Check(member);
        return shared;
    }

    private void Check([CallerMemberName] string member = "")
    {
        if (Fault is { } fault)
            throw fault is IOException ? new IOException(member) : fault;
    }
}
