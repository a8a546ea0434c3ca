namespace OAuthClient;

/// <summary>
/// Where grants are kept. Register another implementation before <c>AddOAuthClient</c> to replace the one in memory.
/// All members may be called at the same time from many threads. What is kept is secret: use <see cref="Grant.Protect"/>.
/// </summary>
public interface IGrantStore
{
    /// <summary>All grants of an owner at a registration, newest first; empty when there is none.</summary>
    /// <param name="clientName">The registration's name.</param>
    /// <param name="owner">Whose.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken);

    /// <summary>Keeps a new grant beside those the owner has.</summary>
    /// <param name="grant">A grant of generation 1.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask AddAsync(Grant grant, CancellationToken cancellationToken);

    /// <summary>
    /// Compare and set: replaces the stored grant of the same <see cref="Grant.Id"/> if its generation is exactly one less.
    /// A stored token is replaced only by a newer one.
    /// </summary>
    /// <param name="newer">The next generation.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether it was replaced; when not, nothing changed.</returns>
    ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken);

    /// <summary>Forgets a grant, whatever its generation.</summary>
    /// <param name="grant">The grant, known by its owner and <see cref="Grant.Id"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken);

    /// <summary>Uses up a state: of all calls with the same fingerprint, exactly one gets <see langword="true"/> (RFC 9700 §4.7).</summary>
    /// <param name="stateFingerprint">A hash of the state.</param>
    /// <param name="expiresAt">Until when it must be remembered.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken);
}
