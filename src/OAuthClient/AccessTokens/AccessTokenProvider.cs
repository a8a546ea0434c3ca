namespace OAuthClient;

/// <summary>Provides access tokens of a resource owner, or of the client itself.</summary>
internal sealed class AccessTokenProvider(
    UserAccessTokenProvider owners,
    ClientCredentialsTokenProvider client,
    ClientTelemetry telemetry,
    TimeProvider time
)
{
    // A token that was issued more recently has not expired: the API rejects it for another reason, and would reject another token too.
    private static readonly TimeSpan RecentlyIssuedAge = TimeSpan.FromMinutes(1);

    public ValueTask<AccessToken> GetAsync(
        GrantOwner owner,
        AccessTokenKey selection,
        AccessToken? rejected,
        CancellationToken cancellationToken
    )
    {
        var getting = owner.IsClient
            ? client.GetAsync(selection, rejected, cancellationToken)
            : owners.GetAsync(owner, selection, rejected, cancellationToken);
        bool isHit = getting.IsCompletedSuccessfully;
        if (telemetry.CountsLookups)
            telemetry.Lookup(owner.IsClient, isHit);
        return isHit || !telemetry.SeesWaits ? getting : MeasureWaitAsync(getting, owner);
    }

    /// <summary>Gets a fresh token and its header from the cache.</summary>
    /// <returns>The token; <see langword="null"/> if the cache has none, and <see cref="GetAsync"/> must be called.</returns>
    public AccessToken? TryGetCached(GrantOwner owner, AccessTokenKey selection, out string? header)
    {
        AccessToken? token;
        if (!owner.IsClient)
        {
            token = owners.TryGetCached(owner, selection, out header);
        }
        else
        {
            token = client.TryGetCached(selection);
            header = token?.AuthorizationHeader;
        }
        if (token is not null && telemetry.CountsLookups)
            telemetry.Lookup(owner.IsClient, isHit: true);
        return token;
    }

    /// <summary>
    /// Determines whether to request another token in place of one that an API rejected. A token may have been revoked, so one new token is
    /// tried at once. If that was rejected as well, the next one is requested only after a minute.
    /// </summary>
    public bool ShouldReplaceRejected(AccessToken rejected) => !rejected.ReplacesRejected || !WasRecentlyIssued(rejected);

    public bool WasRecentlyIssued(AccessToken token) => time.GetUtcNow() - token.IssuedAt < RecentlyIssuedAge;

    private async ValueTask<AccessToken> MeasureWaitAsync(ValueTask<AccessToken> getting, GrantOwner owner)
    {
        // Started within this method, the activity does not become the caller's current one.
        using var wait = telemetry.WaitForToken(owner.IsClient);
        try
        {
            return await getting.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            wait?.Fail(exception);
            throw;
        }
    }
}
