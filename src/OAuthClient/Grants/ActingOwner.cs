namespace OAuthClient;

/// <summary>
/// Whom a flow of calls acts for, when it was told to. Over, it is so for whatever was begun within, too: something that goes on for
/// others must not go on for this one.
/// </summary>
internal sealed class ActingOwner : IDisposable
{
    private static readonly AsyncLocal<ActingOwner?> Current = new();

    private readonly GrantOwner owner;
    private readonly ActingOwner? outer;
    private volatile bool isOver;

    private ActingOwner(GrantOwner owner)
    {
        this.owner = owner;
        outer = Current.Value;
    }

    public static ActingOwner Begin(GrantOwner owner)
    {
        ActingOwner acting = new(owner);
        Current.Value = acting;
        return acting;
    }

    /// <exception cref="OAuthException">It was told to, and that is over.</exception>
    public static GrantOwner? Find() => Current.Value switch
    {
        null => null,
        { isOver: false } acting => acting.owner,
        _ => throw new OAuthException(
            "This call was begun within AsCurrentUser() and outlived it, so nobody knows for whom it is; it was not sent. Put the using (owner.AsCurrentUser()) into the work itself, around everything that it awaits."),
    };

    public void Dispose()
    {
        isOver = true;
        Current.Value = outer;
    }
}
