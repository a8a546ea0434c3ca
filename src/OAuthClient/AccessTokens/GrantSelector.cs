namespace OAuthClient;

/// <summary>Selects the grant of an owner that an access token is taken from.</summary>
internal sealed class GrantSelector(GrantWriteQueue writes, RefreshBackoff backoff, TimeProvider time)
{
    /// <summary>
    /// Selects the owner's newest grant of the client at this server that covers the selection and has a usable token or can be refreshed.
    /// If there is no such grant, selects the newest that covers the selection.
    /// </summary>
    /// <param name="grants">The owner's grants, newest first.</param>
    /// <param name="context">The owner, and the token that is needed.</param>
    /// <returns>The grant, with its unsaved changes.</returns>
    /// <exception cref="ReauthorizationRequiredException">No grant covers the selection.</exception>
    public Grant Select(IReadOnlyList<Grant> grants, RefreshContext context)
    {
        bool any = false,
            isOfRemovedTenant = false,
            hasEnded = false;
        Grant? fallback = null;
        var now = time.GetUtcNow();
        foreach (var stored in grants)
        {
            if (!GrantOwnership.BelongsTo(stored, context.Configuration, context.Owner) || !stored.IsChosenBy(context.Selection))
                continue;
            if (!context.Concerns(stored))
            {
                isOfRemovedTenant = true;
                continue;
            }
            if (stored.HasEnded(now))
            {
                hasEnded = true;
                continue;
            }
            any = true;
            var grant = writes.ApplyPending(stored);
            if (!grant.Covers(context.Selection))
                continue;
            if (IsRenewable(grant) || GetState(grant, context).State != AccessTokenState.Expired)
                return grant;
            fallback ??= grant;
        }
        if (fallback is not null)
            return fallback;
        throw context.Configuration.CreateReauthorizationRequired(
            any ? "no grant covers the " + Describe(context.Selection)
                : isOfRemovedTenant ? "the tenant of the user's account was removed from AllowedTenants"
                : hasEnded ? "the grant ended with the sign-in (SignInLifetime), because offline_access was not granted"
                : context.Selection.GrantId is not null ? "the grant with the given GrantId does not exist"
                : "there is no grant of this user",
            scopes: context.Selection.Scopes,
            details: context.Selection.AuthorizationDetails
        );
    }

    private static string Describe(AccessTokenKey selection) =>
        string.Join(
            " and the ",
            new[]
            {
                selection.Scopes.Count > 0 ? $"scopes {ScopeList.Join(selection.Scopes)}" : null,
                selection.Resources.Count > 0 ? $"resources {string.Join(", ", selection.Resources)}" : null,
                selection.AuthorizationDetails is { } details ? $"authorization details of the types {details}" : null,
            }.OfType<string>()
        );

    /// <summary>Finds a token that is fresh, in the first grant that can be used. This is the path of nearly every call.</summary>
    /// <param name="grants">The owner's grants, newest first.</param>
    /// <param name="current">The client's configuration.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="selection">The scopes and resources of the token.</param>
    /// <param name="now">The current time in UTC ticks.</param>
    /// <param name="freshUntil">The time in UTC ticks until which the token can be used without a refresh.</param>
    /// <returns>The token; <see langword="null"/> if <see cref="Select"/> must decide.</returns>
    public AccessToken? FindFresh(
        IReadOnlyList<Grant> grants,
        ClientConfiguration current,
        GrantOwner owner,
        AccessTokenKey selection,
        long now,
        out long freshUntil
    )
    {
        freshUntil = 0;
        for (int i = 0; i < grants.Count; i++)
        {
            var stored = grants[i];
            if (!GrantOwnership.IsUsable(stored, current, owner) || now >= stored.EndsAtTicks || !stored.IsChosenBy(selection))
                continue;
            var grant = writes.ApplyPending(stored);
            if (grant.Find(selection.Key) is not { } token)
                return null;
            freshUntil = Math.Min(
                grant.EndsAtTicks,
                AccessTokenExpiry.FreshUntil(token, grant.CanRefresh, current.DefaultAccessTokenLifetime)
            );
            return now < freshUntil ? token : null;
        }
        return null;
    }

    /// <summary>Finds the newest generation of a grant, with its unsaved changes.</summary>
    /// <param name="grants">The owner's grants.</param>
    /// <param name="grant">The grant, which is returned if it is not among them.</param>
    public Grant FindNewest(IReadOnlyList<Grant> grants, Grant grant) =>
        writes.ApplyPending(grants.FirstOrDefault(stored => stored.Id == grant.Id) ?? grant);

    /// <summary>Determines whether the grant's refresh token can be sent: there is one, and the server did not reject it.</summary>
    public bool IsRenewable(Grant grant) => grant.CanRefresh && !backoff.IsLost(grant);

    /// <summary>Finds the grant's token of a selection, and determines its state.</summary>
    /// <param name="grant">The grant that <see cref="Select"/> returned.</param>
    /// <param name="context">The token that is needed.</param>
    /// <returns>The token, or <see langword="null"/> if there is none; and its state.</returns>
    public (AccessToken? Token, AccessTokenState State) GetState(Grant grant, RefreshContext context)
    {
        var token = context.Find(grant);
        return (token, context.StateOf(token, IsRenewable(grant), time.GetUtcNow()));
    }
}
