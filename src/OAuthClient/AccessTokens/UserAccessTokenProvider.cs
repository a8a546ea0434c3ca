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
        AccessToken? rejected,
        CancellationToken cancellationToken
    )
    {
        long now = time.GetUtcNow().UtcTicks;
        var current = configuration.GetCached(now);
        var finding = store.FindAsync(current.Name, owner, cancellationToken);
        if (!finding.IsCompletedSuccessfully)
            return GetAsync(finding, owner, selection, rejected, cancellationToken);
#pragma warning disable VSTHRD103 // The task has completed.
        var grants = finding.Result;
#pragma warning restore VSTHRD103
        // The path of nearly every call: no lock, no task, no allocation.
        return rejected is null && selector.FindFresh(grants, current, owner, selection, now, out _) is { } token
            ? new(token)
            : GetAsync(new(grants), owner, selection, rejected, cancellationToken);
    }

    /// <summary>Finds the owner's newest grant that a selection chooses and that covers it, whatever the state of its tokens.</summary>
    public async ValueTask<Grant?> FindGrantAsync(GrantOwner owner, AccessTokenKey selection, CancellationToken cancellationToken)
    {
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var grants = await store.FindAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return grants.FirstOrDefault(grant =>
            GrantOwnership.IsUsable(grant, current, owner) && !grant.HasEnded(now) && grant.IsChosenBy(selection) && grant.Covers(selection)
        );
    }

    private async ValueTask<AccessToken> GetAsync(
        ValueTask<IReadOnlyList<Grant>> finding,
        GrantOwner owner,
        AccessTokenKey selection,
        AccessToken? rejected,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            RefreshContext context = new(current, owner, selection, rejected);
            var grant = selector.Select(await finding.ConfigureAwait(false), context);
            bool renewable = selector.IsRenewable(grant);
            var (known, state) = selector.GetState(grant, context);
            if (state == AccessTokenState.RefreshDue && renewable)
                renewer.RenewEarly(grant.Id, context, RefreshAsync);
            if (state != AccessTokenState.Expired)
                return known!;
            if (context.KeepsRejected(grant.Find(selection.Key), grant.UnexplainedRejection, time.GetUtcNow()))
                return rejected!;
            if (!renewable)
                throw CreateNotRenewable(current, grant, isForRejectedToken: rejected is not null);
            var renewal = await renewer.RenewAsync(grant.Id, context, known, RefreshAsync, cancellationToken).ConfigureAwait(false);
            // If the result is of no use, or the grant was replaced or ended, the store is read again.
            if (!grant.HasEnded(time.GetUtcNow()) && renewal?.GetToken(context) is { } token)
                return token;
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
