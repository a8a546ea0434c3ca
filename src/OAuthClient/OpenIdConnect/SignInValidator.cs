namespace OAuthClient;

/// <summary>
/// Determines whether a sign-in is still valid. It runs for each request of a signed-in user, so a valid sign-in is usually found in the
/// store's cache. A sign-in that has ended is cached for a short time, because its cookie may arrive with many requests.
/// </summary>
internal sealed class SignInValidator(ClientConfigurationProvider configuration, IGrantStore store, TimeProvider time)
{
    private const int Capacity = 10_000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly CoarseClock clock = new(time);
    private readonly BoundedCache<SignInKey, ClientConfiguration> ended = new(Capacity);
    private readonly SingleFlight<SignInKey, bool> lookups = new();

    /// <inheritdoc cref="OpenIdSignIn.IsSignedInAsync"/>
    public async ValueTask<bool> IsValidAsync(GrantOwner owner, string? sessionId, string? signInId, CancellationToken cancellationToken)
    {
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
                key,
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
        string? fingerprint =
            sessionId is not null ? Grant.FingerprintOfSession(current.Name, current.ConfiguredMetadata.ServerId, sessionId)
            : signInId is not null ? Grant.FingerprintOfSignIn(current.Name, current.ConfiguredMetadata.ServerId, signInId)
            : null;
        if (fingerprint is null)
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
                && string.Equals(grant.SessionId, sessionId, StringComparison.Ordinal)
                && (signInId is null || string.Equals(grant.SignInId, signInId, StringComparison.Ordinal))
            )
            {
                return true;
            }
        }
        return false;
    }

    private readonly record struct SignInKey(GrantOwner Owner, string? SessionId, string SignInId);
}
