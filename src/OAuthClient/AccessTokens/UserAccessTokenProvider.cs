namespace OAuthClient;

/// <summary>
/// Provides the access tokens of resource owners. A fresh token is returned at once, one that expires soon is refreshed in the background,
/// and for an expired one the caller waits. One refresh runs at a time per grant, for whatever scopes, because all use its one refresh
/// token.
/// </summary>
internal sealed class UserAccessTokenProvider(
    ClientConfigurationProvider configuration,
    GrantSelector selector,
    GrantRefresher refresher,
    AccessTokenRenewer renewer,
    IGrantStore store,
    TimeProvider time
)
{
    private readonly InMemoryGrantStore? memory = store as InMemoryGrantStore;

    /// <summary>Registers a listener that is called within each change of an owner's grants in the store in memory.</summary>
    public void OnChange(Action<GrantOwner> listener) =>
        memory?.OnChange(
            (clientName, owner) =>
            {
                if (clientName == configuration.Name)
                    listener(owner);
            }
        );

    /// <summary>Gets a value indicating whether the store is in memory. Other stores do not report each change.</summary>
    public bool IsInMemory => memory is not null;

    /// <summary>Finds a fresh token in the store in memory.</summary>
    public AccessToken? FindFresh(ClientConfiguration current, GrantOwner owner, AccessTokenKey selection, long now, out long freshUntil) =>
        selector.FindFresh(memory!.Find(current.Name, owner), current, owner, selection, now, out freshUntil);

    /// <exception cref="ReauthorizationRequiredException">The owner must authorize the client again.</exception>
    public ValueTask<AccessToken> GetAsync(
        GrantOwner owner,
        AccessTokenKey selection,
        AccessTokenRejection? rejection,
        CancellationToken cancellationToken
    )
    {
        long now = time.GetUtcNow().UtcTicks;
        var current = configuration.GetCached(now);
        var finding = store.FindAsync(current.Name, owner, cancellationToken);
        if (!finding.IsCompletedSuccessfully)
            return GetAsync(finding, owner, selection, rejection, cancellationToken);
#pragma warning disable VSTHRD103 // The task has completed.
        var grants = finding.Result;
#pragma warning restore VSTHRD103
        // The path of nearly every call: no lock, no task, no allocation.
        return rejection is null && selector.FindFresh(grants, current, owner, selection, now, out _) is { } token
            ? new(token)
            : GetAsync(new(grants), owner, selection, rejection, cancellationToken);
    }

    /// <summary>Gets a token together with its grant, whose members may state the address of the API.</summary>
    /// <exception cref="ReauthorizationRequiredException">The owner must authorize the client again.</exception>
    public async ValueTask<(Grant Grant, AccessToken Token)> GetWithGrantAsync(
        GrantOwner owner,
        AccessTokenKey selection,
        CancellationToken cancellationToken
    )
    {
        var found = await GetOrRenewAsync(FindGrantsAsync(), owner, selection, rejection: null, cancellationToken).ConfigureAwait(false);
        // A refresh may change the members, so the grant is read again after one.
        return found.Token.Equals(found.Grant.Find(selection.Key))
            ? found
            : (selector.FindNewest(await FindGrantsAsync().ConfigureAwait(false), found.Grant), found.Token);

        ValueTask<IReadOnlyList<Grant>> FindGrantsAsync() => store.FindAsync(configuration.Name, owner, cancellationToken);
    }

    private async ValueTask<AccessToken> GetAsync(
        ValueTask<IReadOnlyList<Grant>> finding,
        GrantOwner owner,
        AccessTokenKey selection,
        AccessTokenRejection? rejection,
        CancellationToken cancellationToken
    ) => (await GetOrRenewAsync(finding, owner, selection, rejection, cancellationToken).ConfigureAwait(false)).Token;

    /// <returns>The token, and its grant as it was read before a refresh.</returns>
    private async ValueTask<(Grant Grant, AccessToken Token)> GetOrRenewAsync(
        ValueTask<IReadOnlyList<Grant>> finding,
        GrantOwner owner,
        AccessTokenKey selection,
        AccessTokenRejection? rejection,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            RefreshContext context = new(current, owner, selection, rejection);
            var grant = selector.Select(await finding.ConfigureAwait(false), context);
            bool renewable = selector.IsRenewable(grant);
            var (known, state) = selector.GetState(grant, context);
            if (state == AccessTokenState.RefreshDue && renewable)
                renewer.RenewEarly(grant.Id, context, RefreshAsync);
            if (state != AccessTokenState.Expired)
                return (grant, known!);
            if (context.KeepsRejected(grant.Find(selection.Key), grant.UnexplainedRejection, time.GetUtcNow()))
                return (grant, rejection!.Token);
            if (!renewable)
                throw CreateNotRenewable(current, grant, isForRejectedToken: rejection is not null);
            var renewal = await renewer.RenewAsync(grant.Id, context, known, RefreshAsync, cancellationToken).ConfigureAwait(false);
            // If the result is of no use, or the grant was replaced or ended, the store is read again.
            if (!grant.HasEnded(time.GetUtcNow()) && renewal?.GetToken(context) is { } token)
                return (grant, token);
            finding = store.FindAsync(current.Name, owner, cancellationToken);

            Task<AccessTokenResult?> RefreshAsync(RefreshContext refresh) => refresher.RunAsync(refresh, grant);
        }
    }

    private static ReauthorizationRequiredException CreateNotRenewable(ClientConfiguration current, Grant grant, bool isForRejectedToken)
    {
        if (grant.CanRefresh)
            return current.CreateReauthorizationRequired("the server rejected the refresh token");
        bool lacksOfflineAccess = grant.Scopes.Contains(ScopeList.OpenId) && !grant.Scopes.Contains(ScopeList.OfflineAccess);
        return current.CreateReauthorizationRequired(
            (isForRejectedToken ? "the API rejected the access token" : "the access token has expired")
                + " and there is no refresh token"
                + (lacksOfflineAccess ? "; request the scope offline_access to receive one (OpenID Connect Core §11)" : ""),
            isForRejectedToken: isForRejectedToken
        );
    }
}
