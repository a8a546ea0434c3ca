namespace OAuthClient;

/// <summary>
/// The application's sessions that began with a sign-in. Each request of a signed-in user asks whether its session is still valid, so a
/// valid one is usually found in the store's cache. A session that has ended is cached for a short time, because its cookie may arrive with
/// many requests.
/// </summary>
internal sealed class SignInSessions(
    ClientConfigurationProvider configuration,
    SameUserRequirement sameUser,
    IGrantStore store,
    TimeProvider time
)
{
    private const int Capacity = 10_000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly CoarseClock clock = new(time);
    private readonly BoundedCache<SignInKey, ClientConfiguration> ended = new(Capacity);
    private readonly SingleFlight<(SignInKey, ClientConfiguration), bool> lookups = new();

    /// <inheritdoc cref="OpenIdSignIn.IsSignedInAsync"/>
    public async ValueTask<bool> IsValidAsync(GrantOwner owner, string? sessionId, string? signInId, CancellationToken cancellationToken)
    {
        sameUser.NoteSignIn();
        var current = await configuration.GetRegisteredAsync(clock.Now, cancellationToken).ConfigureAwait(false);
        if (signInId is null)
        {
            // The owner's next sign-in has the same key, so no result is cached and no lookup is shared.
            return await IsAmongGrantsAsync(owner, sessionId, signInId: null, current, cancellationToken).ConfigureAwait(false)
                || await IsStoredAsync(owner, sessionId, signInId: null, current, cancellationToken).ConfigureAwait(false);
        }
        SignInKey key = new(owner, sessionId, signInId);
        // A changed configuration may accept a sign-in that an earlier one rejected, for example because of its tenant.
        if (ended.TryGet(key, time.GetUtcNow(), out var refusedBy) && ReferenceEquals(refusedBy, current))
            return false;
        if (await IsAmongGrantsAsync(owner, sessionId, signInId, current, cancellationToken).ConfigureAwait(false))
            return true;
        return await lookups
            .JoinOrStart(
                (key, current),
                async () =>
                {
                    bool isValid = await IsStoredAsync(owner, sessionId, signInId, current, CancellationToken.None).ConfigureAwait(false);
                    // Safe to cache, because the identifier of an ended sign-in is never reused.
                    if (!isValid)
                        ended.Set(key, current, time.GetUtcNow() + Lifetime, time.GetUtcNow());
                    return isValid;
                }
            )
            .WaitAsync(cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Gets the identifier of the active session to which a new sign-in belongs, or creates one.</summary>
    /// <param name="grants">The owner's grants.</param>
    /// <param name="current">The client.</param>
    /// <param name="owner">The user who signs in.</param>
    /// <param name="session">The session at the server; <see langword="null"/> if the server names none.</param>
    /// <param name="now">The current time.</param>
    /// <returns>
    /// A new identifier unless the session is active, so that a session that has ended does not become valid with the next sign-in.
    /// </returns>
    public static string Continue(
        IReadOnlyList<Grant> grants,
        ClientConfiguration current,
        GrantOwner owner,
        string? session,
        DateTimeOffset now
    ) =>
        session is null
            ? SecureRandomString.Create()
            : Active(grants, current, owner, now).FirstOrDefault(grant => grant.SessionId == session)?.SignInId
                ?? SecureRandomString.Create();

    /// <summary>Gets the end of the owner's sign-in. A grant that renews the sign-in ends then, and does not extend it.</summary>
    public static DateTimeOffset EndOf(IReadOnlyList<Grant> grants, ClientConfiguration current, GrantOwner owner, DateTimeOffset now) =>
        Active(grants, current, owner, now).Max(grant => grant.SignInExpiresAt) ?? now + current.SignInLifetime;

    private static IEnumerable<Grant> Active(
        IReadOnlyList<Grant> grants,
        ClientConfiguration current,
        GrantOwner owner,
        DateTimeOffset now
    ) => grants.Where(grant => grant.SignInExpiresAt > now && GrantOwnership.BelongsTo(grant, current, owner));

    private async ValueTask<bool> IsAmongGrantsAsync(
        GrantOwner owner,
        string? sessionId,
        string? signInId,
        ClientConfiguration current,
        CancellationToken cancellationToken
    ) =>
        IsAmong(
            await store.FindCurrentAsync(current.Name, owner, cancellationToken).ConfigureAwait(false),
            owner,
            sessionId,
            signInId,
            current
        );

    // A store may serve FindAsync from a cache that does not contain a sign-in at another node yet. Lookups by fingerprint are not cached.
    private async ValueTask<bool> IsStoredAsync(
        GrantOwner owner,
        string? sessionId,
        string? signInId,
        ClientConfiguration current,
        CancellationToken cancellationToken
    )
    {
        if (GrantFingerprint.OfSession(current.Name, current.ServerId, sessionId, signInId) is not { } fingerprint)
            return false;
        var grants = await store.FindByFingerprintAsync(fingerprint, cancellationToken).ConfigureAwait(false);
        return IsAmong(grants, owner, sessionId, signInId, current);
    }

    private bool IsAmong(IReadOnlyList<Grant> grants, GrantOwner owner, string? sessionId, string? signInId, ClientConfiguration current)
    {
        long now = clock.Now;
        foreach (var grant in grants)
        {
            if (
                grant.SignInExpiresAt?.UtcTicks > now
                && GrantOwnership.IsUsable(grant, current, owner)
                && grant.SessionId == sessionId
                && (signInId is null || grant.SignInId == signInId)
            )
            {
                return true;
            }
        }
        return false;
    }

    private readonly record struct SignInKey(GrantOwner Owner, string? SessionId, string SignInId);
}
