namespace OAuthClient;

/// <summary>Implements <see cref="IOAuthClient"/> and <see cref="OpenIdSignIn"/> with the services of one client.</summary>
internal sealed class DefaultOAuthClient(
    ClientConfigurationProvider configuration,
    ServerMetadataCache metadata,
    TokenEndpointClient tokenEndpoint,
    AuthorizationCompleter completer,
    AccessTokenProvider tokens,
    GrantRevoker revoker,
    SignInValidator signIns,
    SameUserRequirement sameUser,
    UserInfoEndpointClient userInfo,
    IGrantStore store,
    TimeProvider time
) : IOAuthClient
{
    private readonly CoarseClock clock = new(time);

    public Task<PendingAuthorization> BeginAuthorizationAsync(AuthorizationParameters? parameters, CancellationToken cancellationToken) =>
        BeginAsync(parameters, renewsSignIn: false, cancellationToken);

    /// <inheritdoc cref="OpenIdSignIn.BeginRenewalAsync"/>
    public Task<PendingAuthorization> BeginRenewalAsync(AuthorizationParameters? parameters, CancellationToken cancellationToken) =>
        BeginAsync(parameters, renewsSignIn: true, cancellationToken);

    private async Task<PendingAuthorization> BeginAsync(
        AuthorizationParameters? parameters,
        bool renewsSignIn,
        CancellationToken cancellationToken
    )
    {
        long now = clock.Now;
        var current = await configuration.GetRegisteredAsync(now, cancellationToken).ConfigureAwait(false);
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        if (!server.SendsIssuerInResponse && current.SharesRedirectUri)
        {
            throw new OAuthException(
                $"{server.ServerId} does not name itself in its callbacks (RFC 9207), and callbacks of another server arrive at the same "
                    + "redirect URI, which permits a mix-up attack (RFC 9700 §4.4). "
                    + $"Give {current.DisplayName} a RedirectUri of its own."
            );
        }
        var pending = AuthorizationRequestBuilder.Begin(
            current,
            server,
            parameters ?? AuthorizationParameters.None,
            new(now, TimeSpan.Zero),
            current.HasOtherServers,
            renewsSignIn
        );
        if (store is InMemoryGrantStore memory)
            pending.StoreInstanceId = memory.InstanceId;
        return pending;
    }

    public async Task<Grant> CompleteAuthorizationAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        GrantOwner owner,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(pending);
        ArgumentNullException.ThrowIfNull(response);
        EnsureResourceOwner(owner);
        return await completer.CompleteAsync(pending, response, owner, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="OpenIdSignIn.CompleteAsync"/>
    public Task<Grant> CompleteSignInAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(pending);
        ArgumentNullException.ThrowIfNull(response);
        if (pending.Nonce is null)
            throw new InvalidOperationException(
                "The authorization was begun without the scope openid, so no ID Token identifies the user; add openid to Scopes."
            );
        return completer.CompleteAsync(pending, response, owner: null, cancellationToken);
    }

    /// <inheritdoc cref="OpenIdSignIn.IsIssuer"/>
    public bool IsIssuer(string? issuer) => configuration.Current.ConfiguredMetadata.IsIssuer(issuer);

    /// <inheritdoc cref="OpenIdSignIn.IsSignedInAsync"/>
    public ValueTask<bool> IsSignedInAsync(GrantOwner owner, string? sessionId, string? signInId, CancellationToken cancellationToken)
    {
        EnsureResourceOwner(owner);
        sameUser.NoteSignIn();
        return signIns.IsValidAsync(owner, sessionId, signInId, cancellationToken);
    }

    public ValueTask<AccessToken> GetAccessTokenAsync(
        GrantOwner owner,
        AccessTokenParameters? parameters,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(owner);
        return tokens.GetAsync(owner, AccessTokenKey.From(parameters), parameters?.RejectedToken, cancellationToken);
    }

    public async Task<TokenResponse> RequestTokenAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        try
        {
            return await tokenEndpoint.SendAsync(request, current, server, cancellationToken).ConfigureAwait(false);
        }
        catch (TokenEndpointException) when (current is { Registered: not null, IsRefused: true } && request is ClientCredentialsRequest)
        {
            // The server no longer knows a client that registers itself. Codes and refresh tokens belonged to that client, but client
            // credentials can be requested by the newly registered one.
            var reregistered = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            if (ReferenceEquals(reregistered, current))
                throw;
            server = await metadata.FindAsync(reregistered, cancellationToken).ConfigureAwait(false);
            return await tokenEndpoint.SendAsync(request, reregistered, server, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask<Grant?> FindGrantAsync(GrantOwner owner, CancellationToken cancellationToken)
    {
        EnsureResourceOwner(owner);
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var grants = await store.FindAsync(configuration.Name, owner, cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return grants.FirstOrDefault(grant => GrantOwnership.IsUsable(grant, current, owner) && !grant.HasEnded(now));
    }

    public async Task RevokeAsync(GrantOwner owner, CancellationToken cancellationToken)
    {
        EnsureResourceOwner(owner);
        var current = await configuration.TryGetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        await revoker.RevokeAllAsync(owner, current, cancellationToken).ConfigureAwait(false);
    }

    public async Task<UserInfo> GetUserInfoAsync(GrantOwner owner, CancellationToken cancellationToken)
    {
        EnsureResourceOwner(owner);
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var token = await tokens.GetAsync(owner, AccessTokenKey.Default, rejected: null, cancellationToken).ConfigureAwait(false);
        var grants = await store.FindAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        var usable = grants.Where(grant => GrantOwnership.IsUsable(grant, current, owner)).ToList();
        // The grant with this token, because another grant of the owner may name another account; or the newest grant, if a refresh has
        // just replaced the token.
        var grant = usable.Find(grant => token.Equals(grant.AccessToken)) ?? usable.FirstOrDefault();
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        if (grant is null)
            throw current.CreateReauthorizationRequired("the grant was ended or replaced meanwhile");
        var info = await userInfo.GetAsync(token, grant.Subject, current, server, cancellationToken).ConfigureAwait(false);
        // Not the owner of the grant, because a user of the application may have connected accounts of several subjects.
        info.OwnerClaims = UserInfoOwner(grant, info, server)?.ToClaims(info.Issuer);
        return info;
    }

    // All tenants share the issuer of the metadata, but the same subject at two tenants is two users (OpenID Connect Core §5.7).
    private static GrantOwner? UserInfoOwner(Grant grant, UserInfo info, AuthorizationServerMetadata server) =>
        server.IssuerTemplate is not { } template || grant.IdToken is not null ? GrantOwner.Subject(grant.Issuer, info.Subject)
        : grant.OwnerIssuerOf(template) is not null && string.Equals(grant.Owner.Id, info.Subject, StringComparison.Ordinal) ? grant.Owner
        : null;

    private static void EnsureResourceOwner(GrantOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.IsClient)
            throw new ArgumentException("The client itself has no grant; pass the resource owner.", nameof(owner));
    }
}
