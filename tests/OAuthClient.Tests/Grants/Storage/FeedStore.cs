using System.Runtime.CompilerServices;

namespace OAuthClient.Tests;

/// <summary>A process of several that share a store in memory, with a change feed that the test controls.</summary>
internal sealed class FeedStore(TimeProvider time) : IGrantStore, IGrantChangeFeed
{
    private readonly InMemoryGrantStore shared = new(time);
    private Action<string>? changed;
    private Action? connected;
    private Action<TimeSpan>? disconnected;
    private int reads;

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

    public void Connect() => connected!();

    public void Disconnect(TimeSpan silence) => disconnected!(silence);

    public void Report(string owner, string clientName = "photos") => changed!(Key(clientName, GrantOwner.User(owner)));

    public void Subscribe(Action<string> changed, Action connected, Action<TimeSpan> disconnected) =>
        (this.changed, this.connected, this.disconnected) = (changed, connected, disconnected);

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

    public ValueTask AddAsync(Grant grant, CancellationToken cancellationToken) => Checked().AddAsync(grant, cancellationToken);

    public ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken) =>
        Checked().TryReplaceAsync(newer, cancellationToken);

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken) => Checked().RemoveAsync(grant, cancellationToken);

    public ValueTask<LeaseResult> TryAcquireLeaseAsync(
        Grant seen,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    ) => Checked().TryAcquireLeaseAsync(seen, held, length, cancellationToken);

    public ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken) =>
        Checked().ReleaseLeaseAsync(lease, status, cancellationToken);

    public ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken) =>
        NoticesNoChange ? new(Task.Delay(atMost, time, cancellationToken)) : shared.WaitForChangeAsync(seen, atMost, cancellationToken);

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        Checked().TryConsumeStateAsync(stateFingerprint, expiresAt, cancellationToken);

    private static string Key(string clientName, GrantOwner owner) => $"{clientName}\n{owner}";

    private static (string, long) Version(Grant grant) => (grant.Id, grant.Generation);

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
