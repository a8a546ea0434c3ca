using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Grants in this process's memory: gone with it. A grant that can still be used is never dropped; one that is of no use to
/// anybody (no refresh token, every access token expired, nobody signed in by it) is swept away.
/// So is one past its <see cref="Grant.EndsAt"/>.
/// </summary>
internal sealed class InMemoryGrantStore(TimeProvider time, ILoggerFactory? loggers = null) : IGrantStore
{
    private const int FirstSweepAt = 1024;

    // The clocks of two machines differ.
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

    /// <summary>Gets a random number, never 0, that tells this store from those of other processes.</summary>
    public int InstanceId { get; } = RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>
    /// Logs a warning, once, when a callback proves that another process with a store of its own runs beside this one: that process began
    /// the authorization after this store was created. An authorization from before a restart proves nothing.
    /// </summary>
    /// <param name="clientName">The client's name.</param>
    /// <param name="storeInstanceId">The <see cref="InstanceId"/> of the process that began the authorization; 0 if it is not known.</param>
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

    /// <summary>Whoever keeps a copy is told whose grants were changed, before the change counts as made.</summary>
    public void OnChange(Action<string, GrantOwner> listener)
    {
        lock (changes)
            changed += listener;
    }

    /// <summary>An owner's grants, newest first.</summary>
    public IReadOnlyList<Grant> Find(string clientName, GrantOwner owner) => All((clientName, owner));

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        new(All((clientName, owner)));

    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        FindAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken)
    {
        lock (changes)
        {
            return new([
                .. fingerprints.Find(fingerprint).Select(place => Find((place.ClientName, place.Owner), place.GrantId)).OfType<Grant>(),
            ]);
        }
    }

    public ValueTask AddAsync(Grant grant, CancellationToken cancellationToken)
    {
        lock (changes)
        {
            fingerprints.Add(grant);
            var others = All(Key(grant));
            grants[Key(grant)] = [grant, .. others];
            changed?.Invoke(grant.ClientName, grant.Owner);
            if (others.Length == 0 && ++owners >= sweepAt)
                Sweep();
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        lock (changes)
        {
            var all = All(Key(newer));
            int index = Array.FindIndex(all, grant => string.Equals(grant.Id, newer.Id, StringComparison.Ordinal));
            if (index < 0 || all[index].Generation != newer.Generation - 1)
                return new(false);
            // Readers hold the old array without a lock.
            var replaced = all.ToArray();
            replaced[index] = newer;
            grants[Key(newer)] = replaced;
            changed?.Invoke(newer.ClientName, newer.Owner);
            leases.Forget(newer.Id);
            return new(true);
        }
    }

    public ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken)
    {
        lock (changes)
            Remove(Key(grant), other => string.Equals(other.Id, grant.Id, StringComparison.Ordinal));
        return ValueTask.CompletedTask;
    }

    public ValueTask<LeaseResult> TryAcquireLeaseAsync(Grant seen, RefreshLease? held, TimeSpan length, CancellationToken cancellationToken)
    {
        lock (changes)
        {
            var stored = Find(seen);
            return new(
                stored?.Generation == seen.Generation
                    ? leases.TryLease(stored, held, length)
                    : new LeaseResult(stored, Lease: null, RefreshTokenStatus.Unused)
            );
        }
    }

    public ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken)
    {
        lock (changes)
            leases.End(lease, status);
        return ValueTask.CompletedTask;
    }

    public async ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        Task change;
        TimeSpan left;
        lock (changes)
        {
            if (Find(seen)?.Generation != seen.Generation || leases.Waiting(seen.Id) is not { } waiting)
                return;
            (change, left) = waiting;
        }
        try
        {
            await change.WaitAsync(left < atMost ? left : atMost, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The lease, or the caller's patience, is over.
        }
    }

    public ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        new(consumedStates.TryAdd(stateFingerprint, expiresAt));

    private Grant? Find(Grant seen) => Find(Key(seen), seen.Id);

    private Grant? Find((string ClientName, GrantOwner Owner) key, string id) =>
        Array.Find(All(key), grant => string.Equals(grant.Id, id, StringComparison.Ordinal));

    private void Remove((string ClientName, GrantOwner Owner) key, Predicate<Grant> unwanted)
    {
        var all = All(key);
        if (!Array.Exists(all, unwanted))
            return;
        foreach (var gone in all.Where(grant => unwanted(grant)))
        {
            leases.Forget(gone.Id);
            fingerprints.Remove(gone);
        }
        var kept = Array.FindAll(all, grant => !unwanted(grant));
        if (kept.Length > 0)
            grants[key] = kept;
        else if (grants.TryRemove(key, out _))
            owners--;
        changed?.Invoke(key.ClientName, key.Owner);
    }

    private void Sweep()
    {
        var now = time.GetUtcNow();
        foreach (var key in grants.Keys)
            Remove(
                key,
                grant =>
                    grant.HasEnded(now)
                    || (
                        grant.RefreshToken is null
                        && !(grant.SignInExpiresAt > now)
                        && grant.Tokens.Values.All(token => token.ExpiresAt <= now)
                    )
            );
        sweepAt = Math.Max(FirstSweepAt, owners * 2);
    }

    private Grant[] All((string ClientName, GrantOwner Owner) key) => grants.TryGetValue(key, out var kept) ? kept : [];

    private static (string ClientName, GrantOwner Owner) Key(Grant grant) => (grant.ClientName, grant.Owner);

    /// <summary>Hashes the owner alone, who knows the hash already: there are few clients.</summary>
    private sealed class ByOwner : IEqualityComparer<(string ClientName, GrantOwner Owner)>
    {
        public static readonly ByOwner Instance = new();

        public bool Equals((string ClientName, GrantOwner Owner) one, (string ClientName, GrantOwner Owner) other) =>
            one.Owner.Equals(other.Owner) && string.Equals(one.ClientName, other.ClientName, StringComparison.Ordinal);

        public int GetHashCode((string ClientName, GrantOwner Owner) key) => key.Owner.GetHashCode();
    }
}
