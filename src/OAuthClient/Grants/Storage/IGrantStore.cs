namespace OAuthClient;

/// <summary>
/// Where grants are kept, and who may spend their refresh tokens. Register another implementation before <c>AddOAuthClient</c> to
/// replace the one in memory. All members may be called at the same time from many threads and many processes. What is kept is
/// secret: use <see cref="Grant.Protect"/>. A store that cannot be reached throws, and nothing is spent then. A cache that can neither compare and set nor lease, such as <c>IDistributedCache</c>,
/// cannot be a store: two nodes would spend the same refresh token, and the user's login would be lost (RFC 9700 §4.14).
/// </summary>
public interface IGrantStore
{
    /// <summary>
    /// What keeps the store from working just now, in a sentence without secrets; <see langword="null"/> when it knows of nothing.
    /// For health checks: it answers at once, and does not go and see. A value that the store refused is no problem of the store.
    /// </summary>
    string? UnavailableReason => null;

    /// <summary>
    /// Finds all grants of an owner at a registration, newest first; empty when there is none. Called for each API call, so it may answer
    /// from this process's memory, and for at most a minute also while the store cannot be reached. A copy whose change was announced to
    /// this process must not be returned. Decisions other than which access token is sent use <see cref="FindCurrentAsync"/>.
    /// </summary>
    /// <param name="clientName">The registration's name.</param>
    /// <param name="owner">Whose.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken);

    /// <summary>
    /// Finds the same grants for a decision that must not be based on an outdated copy: whether a user is signed in, and which grants end.
    /// It may answer from this process's memory only while every change by another process is announced to it.
    /// </summary>
    /// <param name="clientName">The registration's name.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The owner's grants. A store that cannot be reached throws.</returns>
    ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken);

    /// <summary>
    /// All grants, whoever owns them, whose <see cref="Grant.SubjectFingerprint"/> or <see cref="Grant.SessionFingerprint"/> this is: they end
    /// when the server says that its user signed out. Not from this process's memory, for another may have stored one a moment ago.
    /// </summary>
    /// <param name="fingerprint">One that grants have.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken);

    /// <summary>Keeps a new grant beside those the owner has.</summary>
    /// <param name="grant">A grant of generation 1.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask AddAsync(Grant grant, CancellationToken cancellationToken);

    /// <summary>
    /// Compare and set: replaces the stored grant of the same <see cref="Grant.Id"/> if its generation is exactly one less.
    /// A stored token is replaced only by a newer one. Whoever held the lease, and whether it is over, is not asked: a token that
    /// works is never thrown away. With the old generation ends its lease, and what was known of its refresh token.
    /// </summary>
    /// <param name="newer">The next generation.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether it was replaced; when not, nothing changed.</returns>
    ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken);

    /// <summary>Forgets a grant, whatever its generation.</summary>
    /// <param name="grant">The grant, known by its owner and <see cref="Grant.Id"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken);

    /// <summary>
    /// Asks to be the only one, of all threads and processes, who spends the refresh token of a grant. What the store remembers
    /// before it answers is the intent: a holder that dies leaves it behind, and the next one hears <see cref="RefreshTokenStatus.Unknown"/>
    /// (but a token that was <see cref="RefreshTokenStatus.Rejected"/> stays so).
    /// </summary>
    /// <param name="seen">The grant as the caller knows it. Nothing is leased when the stored generation is another.</param>
    /// <param name="held">
    /// The caller's own lease, to have one in its place whose time begins anew, also when that is over and nobody else has taken it, and the same one
    /// when it is asked for again because the answer was lost; <see langword="null"/> to ask for one.
    /// </param>
    /// <param name="length">How long it lasts by the store's own clock, unless it is ended before.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The lease, or why there is none. It never waits for another holder.</returns>
    ValueTask<LeaseResult> TryAcquireLeaseAsync(Grant seen, RefreshLease? held, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>Ends a lease without a new generation, and lets the others know. One that is over, or another's by now, is left alone.</summary>
    /// <param name="lease">What <see cref="TryAcquireLeaseAsync"/> gave.</param>
    /// <param name="status">What is known of the refresh token now.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken);

    /// <summary>
    /// Waits while another holds the lease: until there is another generation or none, the lease ended, or the time is over. It
    /// may return sooner; the caller looks again.
    /// </summary>
    /// <param name="seen">The grant as the caller knows it.</param>
    /// <param name="atMost">How long.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken);

    /// <summary>
    /// Uses up a state: of all calls with the same fingerprint, exactly one gets <see langword="true"/> (RFC 9700 §4.7). The store in
    /// memory knows the calls of its own process only: with two processes, the same callback sent to both gives two token requests.
    /// </summary>
    /// <param name="stateFingerprint">A hash of the state.</param>
    /// <param name="expiresAt">Until when it must be remembered.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken);
}
