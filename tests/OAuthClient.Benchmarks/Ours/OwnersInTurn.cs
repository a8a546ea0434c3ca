namespace OAuthClient.Benchmarks;

/// <summary>Selects another user for each request, in an order that the processor cannot predict, before any contestant starts.</summary>
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
        // The sign-in code reads the owner's name and depends on it. The interlocked operation keeps the processor from continuing before
        // that.
        Interlocked.Exchange(ref seen, seen ^ current.GetHashCode() ^ current.Id![^1]);
    }

    public GrantOwner? Find() => current;
}
