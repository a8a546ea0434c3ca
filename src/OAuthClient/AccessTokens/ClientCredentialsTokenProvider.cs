namespace OAuthClient;

/// <summary>
/// Provides the client's own access tokens (RFC 6749 §4.4). They are cached in memory, and in the distributed cache if the application
/// enabled it. Concurrent callers with the same scopes and resources share one request.
/// </summary>
internal sealed class ClientCredentialsTokenProvider(
    ClientConfigurationProvider configuration,
    TokenEndpointClient tokenEndpoint,
    DistributedClientTokenCache? shared,
    AccessTokenRenewer renewer,
    TimeProvider time
)
{
    /// <summary>The maximum number of tokens. An application may let its own callers choose scopes and resources.</summary>
    public const int MaximumSelections = 1_000;

    private readonly BoundedCache<string, CachedToken> tokens = new(MaximumSelections);
    private readonly BoundedCache<AccessToken, bool> revoked = new(MaximumSelections);
    private UnexplainedRejection? lastRejection;
    private Action? changed;

    /// <summary>Registers a listener that is called after each new token.</summary>
    public void OnChange(Action listener) => changed = listener;

    /// <summary>Stops the use of a token that is revoked. Another node may use it until the server rejects it.</summary>
    public void Forget(AccessToken token)
    {
        revoked.Set(token, true);
        changed?.Invoke();
    }

    /// <summary>Finds a fresh token, without a lock, a task or an allocation.</summary>
    public AccessToken? FindFresh(ClientConfiguration current, AccessTokenKey selection, long now, out long freshUntil)
    {
        var known = FindCached(current, selection, rejected: null);
        freshUntil = known is null ? 0 : AccessTokenExpiry.FreshUntil(known, renewable: true, current.DefaultAccessTokenLifetime);
        return now < freshUntil ? known : null;
    }

    public ValueTask<AccessToken> GetAsync(AccessTokenKey selection, AccessTokenRejection? rejection, CancellationToken cancellationToken)
    {
        long now = time.GetUtcNow().UtcTicks;
        return rejection is null && FindFresh(configuration.GetCached(now), selection, now, out _) is { } fresh
            ? new(fresh)
            : RenewAsync(selection, rejection, cancellationToken);
    }

    private async ValueTask<AccessToken> RenewAsync(
        AccessTokenKey selection,
        AccessTokenRejection? rejection,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            RefreshContext context = new(current, GrantOwner.Client, selection, rejection);
            var (known, state) = GetState(context);
            if (state == AccessTokenState.RefreshDue)
                renewer.RenewEarly(selection.Key, context, RequestAsync);
            if (state != AccessTokenState.Expired)
                return known!;
            if (context.KeepsRejected(FindCached(current, selection, rejected: null), Volatile.Read(ref lastRejection), time.GetUtcNow()))
                return rejection!.Token;
            var renewal = await renewer.RenewAsync(selection.Key, context, known, RequestAsync, cancellationToken).ConfigureAwait(false);
            // The server may no longer know a dynamically registered client. It is then registered again, here or by another caller.
            bool isReregistered =
                renewal!.Fault?.SourceException is TokenEndpointException
                && current.IsRefused
                && !ReferenceEquals(await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false), current);
            if (!isReregistered && renewal.GetToken(context) is { } token)
                return token;
        }
    }

    private AccessToken? FindCached(ClientConfiguration current, AccessTokenKey selection, AccessToken? rejected) =>
        tokens.TryGet(selection.Key, out var cached) && cached.IsFor(current) && !cached.Value.Equals(rejected) && !IsRevoked(cached.Value)
            ? cached.Value
            : null;

    private bool IsRevoked(AccessToken token) => revoked.Size > 0 && revoked.TryGet(token, out _);

    private (AccessToken? Token, AccessTokenState State) GetState(RefreshContext context)
    {
        var known = FindCached(context.Configuration, context.Selection, context.Rejected);
        return (known, context.StateOf(known, renewable: true, time.GetUtcNow()));
    }

    private async Task<AccessTokenResult?> RequestAsync(RefreshContext context)
    {
        // A renewal that has just ended may already have cached a fresh token.
        if (GetState(context) is (var known, AccessTokenState.Fresh))
            return new(known!, IsFetched: false);
        var (current, _, selection, _) = context;
        ClientCredentialsRequest request = new(
            selection.Scopes.Count > 0 ? selection.Scopes : current.Scopes,
            selection.Resources.Count > 0 ? selection.Resources : current.Resources
        )
        {
            AuthorizationDetails = selection.AuthorizationDetails ?? current.AuthorizationDetails,
        };
        request.EnsureAllowed(current);
        var token = shared is null ? null : await shared.FindAsync(request, current, context.Rejected).ConfigureAwait(false);
        if (token is not null && IsRevoked(token))
            token = null;
        bool isFetched = token is null;
        if (token is null)
        {
            var response = await tokenEndpoint.SendAsync(request, current, CancellationToken.None).ConfigureAwait(false);
            token = response.AccessToken;
            context.RecordReason(token, Volatile.Read(ref lastRejection), time.GetUtcNow());
            _ = shared?.SetAsync(request, current, token);
        }
        Volatile.Write(ref lastRejection, UnexplainedRejection.Newer(Volatile.Read(ref lastRejection), token.UnexplainedRejection));
        CachedToken cached = new(current.ClientId, current.ServerId, token);
        tokens.Set(selection.Key, cached, AccessTokenExpiry.EndOf(token, current.DefaultAccessTokenLifetime), time.GetUtcNow());
        changed?.Invoke();
        return new(token, isFetched);
    }

    private sealed record CachedToken(string ClientId, string Server, AccessToken Value)
    {
        // After a reload of the configuration, a token of another client or server is not used, nor a bearer token where tokens are bound.
        public bool IsFor(ClientConfiguration current) =>
            ClientId == current.ClientId && Server == current.ServerId && current.DPoP.Accepts(Value.Key);
    }
}
