namespace OAuthClient.Benchmarks;

/// <summary>Another user at each request, in an order that no processor guesses.</summary>
internal sealed class OwnersInTurn : ICurrentGrantOwner
{
    private GrantOwner[] owners = [];
    private int next;

    public void Set(GrantOwner[] all)
    {
        // The same order in each run.
        new Random(1).Shuffle(all);
        owners = all;
    }

    public GrantOwner? Find()
    {
        next = next + 1 < owners.Length ? next + 1 : 0;
        return owners[next];
    }
}
