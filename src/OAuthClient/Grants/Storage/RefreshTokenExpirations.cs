namespace OAuthClient;

/// <summary>
/// Remembers when the refresh tokens expire that this process received, where the server states it. An end is near when a refresh did not
/// extend it, and a tenth of the time since the authorization is left, or seven days if that is less.
/// </summary>
internal sealed class RefreshTokenExpirations(TimeProvider time)
{
    // A grant whose entry was removed is recorded again by its next refresh.
    private const int Capacity = 10_000;
    private const int NearFraction = 10;

    private static readonly TimeSpan MaximumNearness = TimeSpan.FromDays(7);

    // A remaining lifetime in whole seconds gives another end each time.
    private static readonly TimeSpan Inaccuracy = TimeSpan.FromMinutes(1);

    private readonly BoundedCache<string, Expiration> expirations = new(Capacity);

    /// <summary>Gets the earliest end that has not passed; <see langword="null"/> if none is known.</summary>
    public DateTimeOffset? Next
    {
        get
        {
            var now = time.GetUtcNow();
            return expirations.Values.Where(known => known.End > now).Min(known => (DateTimeOffset?)known.End);
        }
    }

    /// <summary>Records a new grant.</summary>
    public void Record(Grant grant)
    {
        if (grant is { RefreshToken: not null, RefreshTokenExpiresAt: { } end })
            expirations.Set(grant.Id, new(end, IsReported: false), end, time.GetUtcNow());
    }

    /// <summary>Records a refreshed grant.</summary>
    /// <param name="older">The grant before the refresh.</param>
    /// <param name="newer">The refreshed grant.</param>
    /// <returns>The end of its refresh token, if it is near and was not returned before; otherwise, <see langword="null"/>.</returns>
    public DateTimeOffset? Record(Grant older, Grant newer)
    {
        if (newer.RefreshToken is null || newer.RefreshTokenExpiresAt is not { } end)
        {
            Remove(newer);
            return null;
        }
        bool wasReported = expirations.TryGet(newer.Id, out var known) && known.IsReported;
        bool isNear = older.RefreshTokenExpiresAt is { } before && end - before < Inaccuracy && IsNear(end, newer.CreatedAt);
        expirations.Set(newer.Id, new(end, isNear), end, time.GetUtcNow());
        return isNear && !wasReported ? end : null;
    }

    /// <summary>Removes a grant that was removed from the store.</summary>
    public void Remove(Grant grant) => expirations.TryRemove(grant.Id, out _);

    private bool IsNear(DateTimeOffset end, DateTimeOffset createdAt)
    {
        var part = (end - createdAt) / NearFraction;
        return end - time.GetUtcNow() <= (part < MaximumNearness ? part : MaximumNearness);
    }

    private sealed record Expiration(DateTimeOffset End, bool IsReported);
}
