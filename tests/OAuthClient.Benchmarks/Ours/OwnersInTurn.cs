namespace OAuthClient.Benchmarks;

/// <summary>Another user at each request, in an order that no processor guesses. Who it is, is known before any of the contestants begins.</summary>
internal sealed class OwnersInTurn : ICurrentGrantOwner
{
    private GrantOwner[] owners = [];
    private GrantOwner? current;
    private int next;
    private int seen;

    public void Set(GrantOwner[] all)
    {
        // The same order in each run.
        new Random(1).Shuffle(all);
        owners = all;
    }

    public void Next()
    {
        if (owners.Length == 0)
            return;
        next = next + 1 < owners.Length ? next + 1 : 0;
        current = owners[next];
        // Whoever signs the user in has read the name, and waited for it: interlocked, because a processor that only adds it up goes on meanwhile.
        Interlocked.Exchange(ref seen, seen ^ current.GetHashCode() ^ current.Id![^1]);
    }

    public GrantOwner? Find() => current;
}
