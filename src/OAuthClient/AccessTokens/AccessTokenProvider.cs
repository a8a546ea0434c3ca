namespace OAuthClient;

/// <summary>Provides access tokens of resource owners and of the client itself. Fresh tokens come from a cache.</summary>
internal sealed class AccessTokenProvider
{
    private readonly ClientConfigurationProvider configuration;
    private readonly UserAccessTokenProvider users;
    private readonly ClientCredentialsTokenProvider client;
    private readonly ClientTelemetry telemetry;
    private readonly CoarseClock clock;
    private AccessTokenCache cache = new(configuration: null);

    public AccessTokenProvider(
        ClientConfigurationProvider configuration,
        UserAccessTokenProvider users,
        ClientCredentialsTokenProvider client,
        ClientTelemetry telemetry,
        TimeProvider time
    )
    {
        (this.configuration, this.users, this.client, this.telemetry) = (configuration, users, client, telemetry);
        clock = new(time);
        users.OnChange(Drop);
        client.OnChange(() => Drop(GrantOwner.Client));
    }

    /// <exception cref="ReauthorizationRequiredException">The owner must authorize the client again.</exception>
    public ValueTask<AccessToken> GetAsync(
        GrantOwner owner,
        AccessTokenKey selection,
        AccessTokenRejection? rejection,
        CancellationToken cancellationToken
    )
    {
        var getting = owner.IsClient
            ? client.GetAsync(selection, rejection, cancellationToken)
            : users.GetAsync(owner, selection, rejection, cancellationToken);
        return Measure(getting, owner);
    }

    /// <inheritdoc cref="UserAccessTokenProvider.GetWithGrantAsync"/>
    public ValueTask<(Grant Grant, AccessToken Token)> GetWithGrantAsync(
        GrantOwner owner,
        AccessTokenKey selection,
        CancellationToken cancellationToken
    ) => Measure(users.GetWithGrantAsync(owner, selection, cancellationToken), owner);

    private ValueTask<T> Measure<T>(ValueTask<T> getting, GrantOwner owner)
    {
        bool isHit = getting.IsCompletedSuccessfully;
        if (telemetry.CountsLookups)
            telemetry.Lookup(owner.IsClient, isHit);
        return isHit || !telemetry.SeesWaits ? getting : MeasureWaitAsync(getting, owner);
    }

    /// <summary>
    /// Gets a fresh token and its <see cref="AccessToken.BearerHeader"/> from the cache, without a lock, a task or an allocation.
    /// </summary>
    /// <returns>The token; <see langword="null"/> if the cache has none, and <see cref="GetAsync"/> must be called.</returns>
    public AccessToken? TryGetCached(GrantOwner owner, AccessTokenKey selection, out string? header)
    {
        header = null;
        if (!owner.IsClient && !users.IsInMemory)
            return null;
        // The lookup comes first: the processor executes the following lines while it waits for the memory.
        var cached = Volatile.Read(ref cache);
        var token = cached.Find(owner, out header, out long freshUntil);
        long now = clock.Now;
        var current = configuration.GetCached(now);
        if (token is null || now >= freshUntil || !selection.IsDefault || !ReferenceEquals(cached.Configuration, current))
            token = LoadIntoCache(cached, owner, selection, current, now, out header);
        if (token is not null && telemetry.CountsLookups)
            telemetry.Lookup(owner.IsClient, isHit: true);
        return token;
    }

    /// <summary>Finds a fresh token, and adds it to the cache if it has all granted scopes.</summary>
    private AccessToken? LoadIntoCache(
        AccessTokenCache cached,
        GrantOwner owner,
        AccessTokenKey selection,
        ClientConfiguration current,
        long now,
        out string? header
    )
    {
        // The new cache is visible to all threads before the token is looked up: later changes are then removed from it.
        if (!ReferenceEquals(cached.Configuration, current))
            Interlocked.Exchange(ref cache, cached = new(current));
        long mark = cached.Mark;
        var token = owner.IsClient
            ? client.FindFresh(current, selection, now, out long freshUntil)
            : users.FindFresh(current, owner, selection, now, out freshUntil);
        if (token is not null && selection.IsDefault)
            cached.Set(owner, token, freshUntil, mark, now);
        header = token?.BearerHeader;
        return token;
    }

    /// <summary>Stops the use of a token of the client itself, which is revoked.</summary>
    public void ForgetClientToken(AccessToken token) => client.Forget(token);

    private void Drop(GrantOwner owner)
    {
        // The change is visible to all threads before the cache is read here; LoadIntoCache publishes the cache before it looks up a token.
        Interlocked.MemoryBarrier();
        Volatile.Read(ref cache).Drop(owner);
    }

    private async ValueTask<T> MeasureWaitAsync<T>(ValueTask<T> getting, GrantOwner owner)
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
