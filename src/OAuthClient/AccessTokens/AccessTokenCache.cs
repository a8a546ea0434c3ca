using System.Runtime.InteropServices;

namespace OAuthClient;

/// <summary>
/// Owners' good access tokens of one registration, side by side in one array: among many owners each further object on the way to a
/// token costs more than all the rest of the way. A copy of what the store in memory holds, which takes out whatever it changes; what is
/// not found here, the longer way knows.
/// </summary>
/// <remarks>
/// Readers take no lock. A place belongs to its owner for as long as the array is used, and what lies there is replaced between two steps
/// of the version: a reader who sees it move takes the longer way.
/// </remarks>
internal sealed class AccessTokenCache(ClientConfiguration? configuration)
{
    private const int FirstSize = 64;

    private readonly Lock changes = new();
    private Place[] places = new Place[FirstSize];
    private int taken;
    private int version;
    private long dropped;

    /// <summary>Whose tokens these are.</summary>
    public ClientConfiguration? Registration => configuration;

    /// <summary>How many places there are, taken or free.</summary>
    public int Capacity => Volatile.Read(ref places).Length;

    /// <summary>Moves by two with each place that is written.</summary>
    public int Version => Volatile.Read(ref version);

    /// <summary>Take it before looking into the store: <see cref="Keep"/> keeps nothing that the store has changed since.</summary>
    public long Mark => Volatile.Read(ref dropped);

    /// <param name="owner">Whose token.</param>
    /// <param name="header">How it is presented.</param>
    /// <param name="goodUntil">Until when nothing needs to be done about it, in UTC ticks.</param>
    public AccessToken? Find(GrantOwner owner, out string? header, out long goodUntil)
    {
        int seen = Volatile.Read(ref version);
        var all = Volatile.Read(ref places);
        ref var place = ref all[IndexOf(all, owner)];
        var token = place.Token;
        (header, goodUntil) = (place.Header, place.FreshUntil);
        Volatile.ReadBarrier();
        return (seen & 1) == 0 && seen == Volatile.Read(ref version) ? token : null;
    }

    /// <param name="owner">Whose it is.</param>
    /// <param name="token">What the store holds.</param>
    /// <param name="goodUntil">Until when nothing needs to be done about it, in UTC ticks.</param>
    /// <param name="mark">What <see cref="Mark"/> said before the store was asked.</param>
    /// <param name="now">In UTC ticks.</param>
    public void Keep(GrantOwner owner, AccessToken token, long goodUntil, long mark, long now)
    {
        // A reader comes here too, when another place was written meanwhile, and waits for nobody.
        if (!changes.TryEnter())
            return;
        try
        {
            if (mark != dropped)
                return;
            int index = IndexOf(places, owner);
            if (ReferenceEquals(places[index].Token, token) && places[index].FreshUntil == goodUntil)
                return;
            if (places[index].Owner is null)
            {
                // A quarter stays free at least, so that the way to a place is short.
                if (++taken * 4 > places.Length * 3)
                {
                    Rebuild(now);
                    index = IndexOf(places, owner);
                }
                Volatile.Write(ref places[index].Owner, owner);
            }
            Put(ref places[index], token, token.AuthorizationHeader, goodUntil);
        }
        finally
        {
            changes.Exit();
        }
    }

    /// <summary>The store has changed something of this owner's.</summary>
    public void Drop(GrantOwner owner)
    {
        lock (changes)
        {
            dropped++;
            ref var place = ref places[IndexOf(places, owner)];
            if (place.Token is not null)
                Put(ref place, token: null, header: null, goodUntil: 0);
        }
    }

    // Without those that are over or dropped; if many were, they leave room enough.
    private void Rebuild(long now)
    {
        var live = Array.FindAll(places, place => place.FreshUntil > now);
        int size = FirstSize;
        while (size < live.Length * 2)
            size *= 2;
        var fresh = new Place[size];
        foreach (var place in live)
            fresh[IndexOf(fresh, place.Owner!)] = place;
        taken = live.Length + 1;
        Volatile.Write(ref places, fresh);
    }

    private void Put(ref Place place, AccessToken? token, string? header, long goodUntil)
    {
        version++;
        Volatile.WriteBarrier();
        (place.Token, place.Header, place.FreshUntil) = (token, header, goodUntil);
        Volatile.WriteBarrier();
        version++;
    }

    /// <returns>Where the owner's place is, or would be.</returns>
    private static int IndexOf(Place[] all, GrantOwner owner)
    {
        // The size is a power of two.
        int last = all.Length - 1;
        int index = owner.GetHashCode() & last;
        while (Volatile.Read(ref all[index].Owner) is { } taken && !taken.Equals(owner))
            index = (index + 1) & last;
        return index;
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Place
    {
        public GrantOwner? Owner;
        public AccessToken? Token;
        public string? Header;
        public long FreshUntil;
    }
}
