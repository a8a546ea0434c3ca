namespace OAuthClient;

/// <summary>
/// Holds the owner that <see cref="GrantOwner.AsCurrentUser"/> or <see cref="GrantOwner.SuppressCurrentUser"/> set for an asynchronous
/// control flow. Disposing the scope also ends it for tasks that started within it, so that a loop for several users does not continue as
/// this one.
/// </summary>
internal sealed class AmbientGrantOwner : IDisposable
{
    private static readonly AsyncLocal<AmbientGrantOwner?> Current = new();

    private readonly GrantOwner? owner;
    private readonly AmbientGrantOwner? outer;
    private int isDisposed;

    private AmbientGrantOwner(GrantOwner? owner)
    {
        this.owner = owner;
        outer = Current.Value;
    }

    /// <param name="owner">The owner; <see langword="null"/> for no user.</param>
    public static AmbientGrantOwner Begin(GrantOwner? owner)
    {
        AmbientGrantOwner scope = new(owner);
        Current.Value = scope;
        return scope;
    }

    /// <summary>Reads the owner of the innermost scope.</summary>
    /// <param name="owner">The owner; <see langword="null"/> in a scope of <see cref="GrantOwner.SuppressCurrentUser"/>.</param>
    /// <returns><see langword="true"/> if there is a scope; otherwise, <see langword="false"/>.</returns>
    /// <exception cref="OAuthException">The scope was disposed.</exception>
    public static bool TryFind(out GrantOwner? owner)
    {
        var scope = Current.Value;
        owner = scope?.owner;
        return scope switch
        {
            null => false,
            _ when Volatile.Read(ref scope.isDisposed) == 0 => true,
            _ => throw new OAuthException(
                "The call started within a scope of AsCurrentUser() or SuppressCurrentUser() and outlived it, so its owner is not "
                    + "known; the request was not sent. Put using (owner.AsCurrentUser()) around everything that the work "
                    + "itself awaits."
            ),
        };
    }

    // The outer scope is restored only where this scope is the current one. Disposed twice, out of order or in another control flow, it
    // must not set another owner there.
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 0 && ReferenceEquals(Current.Value, this))
            Current.Value = outer;
    }
}
