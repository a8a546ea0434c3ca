using System.Runtime.InteropServices;

namespace OAuthClient;

/// <summary>
/// Caches the fresh access tokens of one client, by owner, in one array with open addressing: with many owners, each further object that a
/// lookup reads is a cache miss of the processor. The entry of an owner whose grants or token change is removed.
/// </summary>
/// <remarks>
/// Readers take no lock. A slot belongs to one owner for as long as the array is in use. A write increments the version before and after
/// it; a reader that observes a change of the version reads the store instead.
/// </remarks>
internal sealed class AccessTokenCache(ClientConfiguration? configuration)
{
    private const int InitialSize = 64;

    private readonly Lock changes = new();
    private Slot[] slots = new Slot[InitialSize];
    private int usedCount;
    private int version;
    private long removals;

    /// <summary>Gets the configuration of the client whose tokens are cached.</summary>
    public ClientConfiguration? Configuration => configuration;

    /// <summary>Gets the number of slots, used or free.</summary>
    public int Capacity => Volatile.Read(ref slots).Length;

    /// <summary>Gets the version, which increases by two with each write.</summary>
    public int Version => Volatile.Read(ref version);

    /// <summary>
    /// Gets the number of removals. Read it before the store: <see cref="Set"/> adds nothing if the store changed since.
    /// </summary>
    public long Mark => Volatile.Read(ref removals);

    /// <summary>Finds the access token of an owner, which may have expired.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="header">The value of <see cref="AccessToken.BearerHeader"/>.</param>
    /// <param name="freshUntil">The time, in UTC ticks, until which the token is fresh.</param>
    /// <returns>The token; <see langword="null"/> if there is none, or another thread writes to the cache.</returns>
    public AccessToken? Find(GrantOwner owner, out string? header, out long freshUntil)
    {
        int seen = Volatile.Read(ref version);
        var all = Volatile.Read(ref slots);
        ref var slot = ref all[IndexOf(all, owner)];
        var token = slot.Token;
        (header, freshUntil) = (slot.Header, slot.FreshUntil);
        Volatile.ReadBarrier();
        return (seen & 1) == 0 && seen == Volatile.Read(ref version) ? token : null;
    }

    /// <summary>Adds or replaces the access token of an owner.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="token">The token that the store holds.</param>
    /// <param name="freshUntil">The time, in UTC ticks, until which the token is fresh.</param>
    /// <param name="mark">The value of <see cref="Mark"/> before the store was read.</param>
    /// <param name="now">The current time, in UTC ticks.</param>
    public void Set(GrantOwner owner, AccessToken token, long freshUntil, long mark, long now)
    {
        // Readers call this method too, when another slot was written meanwhile. They do not wait for the lock.
        if (!changes.TryEnter())
            return;
        try
        {
            if (mark != removals)
                return;
            int index = IndexOf(slots, owner);
            if (ReferenceEquals(slots[index].Token, token) && slots[index].FreshUntil == freshUntil)
                return;
            if (slots[index].Owner is null)
            {
                // At least a quarter of the slots stays free, so that probing is short.
                if (++usedCount * 4 > slots.Length * 3)
                {
                    Rebuild(now);
                    index = IndexOf(slots, owner);
                }
                Volatile.Write(ref slots[index].Owner, owner);
            }
            Write(ref slots[index], token, token.BearerHeader, freshUntil);
        }
        finally
        {
            changes.Exit();
        }
    }

    /// <summary>Removes the access token of an owner whose grants changed.</summary>
    public void Drop(GrantOwner owner)
    {
        lock (changes)
        {
            removals++;
            ref var slot = ref slots[IndexOf(slots, owner)];
            if (slot.Token is not null)
                Write(ref slot, token: null, header: null, freshUntil: 0);
        }
    }

    // Expired and removed entries are not copied. The size is at least twice the number of the others.
    private void Rebuild(long now)
    {
        var live = Array.FindAll(slots, slot => slot.FreshUntil > now);
        int size = InitialSize;
        while (size < live.Length * 2)
            size *= 2;
        var rebuilt = new Slot[size];
        foreach (var slot in live)
            rebuilt[IndexOf(rebuilt, slot.Owner!)] = slot;
        usedCount = live.Length + 1;
        Volatile.Write(ref slots, rebuilt);
    }

    private void Write(ref Slot slot, AccessToken? token, string? header, long freshUntil)
    {
        version++;
        Volatile.WriteBarrier();
        (slot.Token, slot.Header, slot.FreshUntil) = (token, header, freshUntil);
        Volatile.WriteBarrier();
        version++;
    }

    /// <returns>The index of the owner's slot, or of the free slot that the owner would get.</returns>
    private static int IndexOf(Slot[] all, GrantOwner owner)
    {
        // The size is a power of two.
        int last = all.Length - 1;
        int index = owner.GetHashCode() & last;
        while (Volatile.Read(ref all[index].Owner) is { } other && !other.Equals(owner))
            index = (index + 1) & last;
        return index;
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Slot
    {
        public GrantOwner? Owner;
        public AccessToken? Token;
        public string? Header;
        public long FreshUntil;
    }
}
