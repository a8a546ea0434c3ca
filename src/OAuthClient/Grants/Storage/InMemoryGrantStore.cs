using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Stores grants in the memory of this process; they are lost when it ends. When the number of owners has doubled, it removes the grants
/// that are past their <see cref="Grant.EndsAt"/>, and those without a refresh token whose access tokens and sign-in have expired.
/// </summary>
internal sealed class InMemoryGrantStore(TimeProvider time, ILoggerFactory? loggers = null) : IGrantStore
{
    private const int FirstSweepAt = 1024;

    // The clocks of two machines may differ by this much.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string ClientName, GrantOwner Owner), Grant[]> grants = new(ByOwner.Instance);
    private readonly ConsumedStates consumedStates = new(time);
    private readonly InMemoryLeaseTable leases = new(time);
    private readonly GrantFingerprintIndex fingerprints = new();
    private readonly Lock changes = new();
    private Action<string, GrantOwner>? changed;
    private readonly DateTimeOffset createdAt = time.GetUtcNow();
    private int hasWarned;
    private int owners;
    private int sweepAt = FirstSweepAt;

    /// <summary>Gets a random number, never 0, that distinguishes this store from those of other processes.</summary>
    public int InstanceId { get; } = RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>
    /// Logs a warning, once, when a callback shows that another process with its own store serves the same client: that process began the
    /// authorization after this store was created. An authorization from before a restart is not evidence of that.
    /// </summary>
    /// <param name="clientName">The client's name.</param>
    /// <param name="storeInstanceId">
    /// The <see cref="InstanceId"/> of the process that began the authorization; 0 if it is not known.
    /// </param>
    /// <param name="begunAt">The time at which the authorization began.</param>
    public void ObserveCallback(string clientName, int storeInstanceId, DateTimeOffset begunAt)
    {
        if (
            storeInstanceId is 0
            || storeInstanceId == InstanceId
            || begunAt <= createdAt + ClockTolerance
            || Interlocked.Exchange(ref hasWarned, 1) != 0
        )
        {
            return;
        }
        if (loggers is not null)
            Log.GrantsInMemoryOfSeveralProcesses(loggers.CreateLogger(Log.Category), clientName);
    }

    /// <summary>Registers a listener that is called, with the client and the owner, within each change.</summary>
    public void OnChange(Action<string, GrantOwner> listener)
    {
        lock (changes)
            changed += listener;
    }

    /// <summary>Finds an owner's grants, newest first.</summary>
    public IReadOnlyList<Grant> Find(string clientName, GrantOwner owner) => All((clientName, owner));

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        new(All((clientName, owner)));

    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        FindAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken)
    {
        lock (changes)
        {
            return new([.. fingerprints.Find(fingerprint).Select(at => Find((at.ClientName, at.Owner), at.GrantId)).OfType<Grant>()]);
        }
    }

    public ValueTask AddAsync(Grant grant, CancellationToken cancellationToken)
    {
        lock (changes)
        {
            fingerprints.Add(grant);
            bool isFirst = grants.TryAdd(Key(grant), [grant]);
            if (!isFirst)
                grants[Key(grant)] = [grant, .. All(Key(grant))];
            changed?.Invoke(grant.ClientName, grant.Owner);
            if (isFirst && ++owners >= sweepAt)
                Sweep();
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        lock (changes)
        {
            var all = All(Key(newer));
            int index = Array.FindIndex(all, grant => grant.Id == newer.Id);
            if (index < 0 || all[index].Generation != newer.Generation - 1)
                return new(false);
            // Readers hold the old array without a lock.
            var replaced = all.ToArray();
            replaced[index] = newer;
            grants[Key(newer)] = replaced;
            changed?.Invoke(newer.ClientName, newer.Owner);
            leases.Remove(newer.Id);
            return new(true);
        }
    }

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken)
    {
        lock (changes)
            Remove(Key(grant), other => other.Id == grant.Id);
        return ValueTask.CompletedTask;
    }

    public ValueTask<LeaseResult> TryAcquireLeaseAsync(Grant seen, RefreshLease? held, TimeSpan length, CancellationToken cancellationToken)
    {
        lock (changes)
        {
            var stored = Find(seen);
            return new(
                stored?.Generation == seen.Generation
                    ? leases.TryAcquire(stored, held, length)
                    : new LeaseResult(stored, Lease: null, RefreshTokenStatus.Unused)
            );
        }
    }

    public ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken)
    {
        lock (changes)
            leases.Release(lease, status);
        return ValueTask.CompletedTask;
    }

    public async ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        Task change;
        TimeSpan left;
        lock (changes)
        {
            if (Find(seen)?.Generation != seen.Generation || leases.FindHeld(seen.Id) is not { } held)
                return;
            (change, left) = held;
        }
        try
        {
            await change.WaitAsync(left < atMost ? left : atMost, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The lease has expired, or the time limit was reached.
        }
    }

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        new(consumedStates.TryAdd(stateFingerprint, expiresAt));

    private Grant? Find(Grant seen) => Find(Key(seen), seen.Id);

    private Grant? Find((string ClientName, GrantOwner Owner) key, string id) => Array.Find(All(key), grant => grant.Id == id);

    private void Remove((string ClientName, GrantOwner Owner) key, Predicate<Grant> isRemoved)
    {
        var all = All(key);
        if (!Array.Exists(all, isRemoved))
            return;
        foreach (var removed in all.Where(grant => isRemoved(grant)))
        {
            leases.Remove(removed.Id);
            fingerprints.Remove(removed);
        }
        var remaining = Array.FindAll(all, grant => !isRemoved(grant));
        if (remaining.Length > 0)
            grants[key] = remaining;
        else if (grants.TryRemove(key, out _))
            owners--;
        changed?.Invoke(key.ClientName, key.Owner);
    }

    private void Sweep()
    {
        var now = time.GetUtcNow();
        Predicate<Grant> isDead = grant =>
            grant.HasEnded(now)
            || (grant.RefreshToken is null && !(grant.SignInExpiresAt > now) && grant.Tokens.Values.All(token => token.ExpiresAt <= now));
        foreach (var (key, all) in grants)
        {
            if (Array.Exists(all, isDead))
                Remove(key, isDead);
        }
        sweepAt = Math.Max(FirstSweepAt, owners * 2);
    }

    private Grant[] All((string ClientName, GrantOwner Owner) key) => grants.TryGetValue(key, out var stored) ? stored : [];

    private static (string ClientName, GrantOwner Owner) Key(Grant grant) => (grant.ClientName, grant.Owner);

    /// <summary>Uses the hash of the owner only, which is precomputed. There are few clients.</summary>
    private sealed class ByOwner : IEqualityComparer<(string ClientName, GrantOwner Owner)>
    {
        public static readonly ByOwner Instance = new();

        public bool Equals((string ClientName, GrantOwner Owner) one, (string ClientName, GrantOwner Owner) other) =>
            one.Owner.Equals(other.Owner) && one.ClientName == other.ClientName;

        public int GetHashCode((string ClientName, GrantOwner Owner) key) => key.Owner.GetHashCode();
    }
}
