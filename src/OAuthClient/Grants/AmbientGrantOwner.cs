namespace OAuthClient;

/// <summary>
/// The owner that a flow of calls acts for, as <see cref="GrantOwner.AsCurrentUser"/> and <see cref="GrantOwner.SuppressCurrentUser"/> state it.
/// Disposing the scope ends it for the tasks that began within, too: a loop that goes on for other users must not go on for this one.
/// </summary>
internal sealed class AmbientGrantOwner : IDisposable
{
    private static readonly AsyncLocal<AmbientGrantOwner?> Current = new();

    private readonly GrantOwner? owner;
    private readonly AmbientGrantOwner? outer;
    private int isOver;

    private AmbientGrantOwner(GrantOwner? owner)
    {
        this.owner = owner;
        outer = Current.Value;
    }

    /// <param name="owner">The owner; <see langword="null"/> for no user.</param>
    public static AmbientGrantOwner Begin(GrantOwner? owner)
    {
        AmbientGrantOwner acting = new(owner);
        Current.Value = acting;
        return acting;
    }

    /// <summary>Finds what the innermost scope states.</summary>
    /// <param name="owner">The owner; <see langword="null"/> where the scope states that there is no user.</param>
    /// <returns>Whether there is a scope.</returns>
    /// <exception cref="OAuthException">The scope was disposed.</exception>
    public static bool TryFind(out GrantOwner? owner)
    {
        var acting = Current.Value;
        owner = acting?.owner;
        return acting switch
        {
            null => false,
            _ when Volatile.Read(ref acting.isOver) == 0 => true,
            _ => throw new OAuthException(
                "This call began within AsCurrentUser() or SuppressCurrentUser() and outlived it, so its owner is not known; it was not sent. "
                    + "Put using (owner.AsCurrentUser()) into the work itself, around everything that it awaits."
            ),
        };
    }

    // Restored only where this scope is the current one: disposed twice, out of order or in another flow of calls, it must not put another
    // owner in force there.
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isOver, 1) == 0 && ReferenceEquals(Current.Value, this))
            Current.Value = outer;
    }
}
