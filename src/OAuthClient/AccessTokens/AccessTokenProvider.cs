namespace OAuthClient;

/// <summary>Access tokens that work, for whoever is named: the one place where owner and client part ways, and never meet again.</summary>
internal sealed class AccessTokenProvider(
    UserAccessTokenProvider owners,
    ClientCredentialsTokenProvider client,
    ClientTelemetry telemetry,
    TimeProvider time
)
{
    // A token this young is not refused for its age: the API means something else, and another token would fare no better.
    private static readonly TimeSpan Youth = TimeSpan.FromMinutes(1);

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
        return isHit || !telemetry.SeesWaits ? getting : WatchAsync(getting, owner);
    }

    /// <summary>A good token, with its header, when both lie at hand; else <see cref="GetAsync"/> knows more.</summary>
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

    /// <summary>Whether another token could fare better than this one, which an API refused. One fresh token is tried at once (the old one may have been revoked), not one after the other.</summary>
    public bool ShouldReplaceRejected(AccessToken rejected) => !rejected.ReplacesRejected || !IsYoung(rejected);

    public bool IsYoung(AccessToken token) => time.GetUtcNow() - token.IssuedAt < Youth;

    private async ValueTask<AccessToken> WatchAsync(ValueTask<AccessToken> getting, GrantOwner owner)
    {
        // Begun in here, the activity is not the caller's current one.
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
