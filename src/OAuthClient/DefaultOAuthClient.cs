namespace OAuthClient;

/// <summary>The dance itself: puts the rooms together, one step after the other.</summary>
internal sealed class DefaultOAuthClient(
    ClientConfigurationProvider configuration,
    ServerMetadataCache metadata,
    TokenEndpointClient tokenEndpoint,
    IdTokenValidator idTokens,
    AccessTokenProvider tokens,
    GrantRevoker revoker,
    SessionTerminator terminator,
    SignInValidator signIns,
    UserInfoEndpointClient userInfo,
    IGrantStore store,
    ClientTelemetry telemetry,
    TimeProvider time
) : IOAuthClient
{
    private readonly CoarseClock clock = new(time);
    private readonly SameUserRequirement sameUser = new();
    private UsualAddress? usual;

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
                $"{server.ServerId} does not name itself in its callbacks (RFC 9207), and another server's callbacks arrive at the same redirect URI: they could be mixed up (RFC 9700 §4.4). "
                    + $"Give {current.DisplayName} a RedirectUri of its own."
            );
        }
        var pending = AuthorizationRequestBuilder.Begin(
            current,
            server,
            parameters ?? AuthorizationParameters.None,
            new(now, TimeSpan.Zero),
            current.HasOtherServers,
            ref usual,
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
        return await WithTelemetryAsync(pending, response, owner, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same for whomever the ID Token names.</summary>
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
                "The authorization was begun without the scope openid, so nobody will be told who signs in; add openid to Scopes."
            );
        return WithTelemetryAsync(pending, response, owner: null, cancellationToken);
    }

    public bool IsIssuer(string? issuer) => configuration.Current.ConfiguredMetadata.IsIssuer(issuer);

    public ValueTask<bool> IsSignedInAsync(GrantOwner owner, string? sessionId, string? signInId, CancellationToken cancellationToken)
    {
        EnsureResourceOwner(owner);
        sameUser.NoteSignIn();
        return signIns.IsValidAsync(owner, sessionId, signInId, cancellationToken);
    }

    private async Task<Grant> WithTelemetryAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        GrantOwner? owner,
        CancellationToken cancellationToken
    )
    {
        using var watched = telemetry.CompleteAuthorization();
        try
        {
            return await CompleteAsync(pending, response, owner, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            watched?.Fail(exception);
            throw;
        }
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
            // The server has forgotten a client that registers itself. Codes and refresh tokens were that client's; this it can ask for by its new name.
            var anew = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            if (ReferenceEquals(anew, current))
                throw;
            server = await metadata.FindAsync(anew, cancellationToken).ConfigureAwait(false);
            return await tokenEndpoint.SendAsync(request, anew, server, cancellationToken).ConfigureAwait(false);
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
        await configuration.TryGetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        await revoker.RevokeAllAsync(owner, cancellationToken).ConfigureAwait(false);
    }

    public async Task<UserInfo> GetUserInfoAsync(GrantOwner owner, CancellationToken cancellationToken)
    {
        EnsureResourceOwner(owner);
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var token = await tokens.GetAsync(owner, AccessTokenKey.Default, rejected: null, cancellationToken).ConfigureAwait(false);
        var grants = await store.FindAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        var theirs = grants.Where(grant => GrantOwnership.IsUsable(grant, current, owner)).ToList();
        // The one that holds this very token, for another of the owner's grants may name another account; or the newest, when a
        // refresh has just replaced the token.
        var grant = theirs.Find(grant => token.Equals(grant.AccessToken)) ?? theirs.FirstOrDefault();
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        if (grant is null)
            throw current.CreateReauthorizationRequired("the grant was ended or replaced meanwhile");
        var info = await userInfo.GetAsync(token, grant.Subject, current, server, cancellationToken).ConfigureAwait(false);
        // Not the grant's owner: a user of the application may have connected the accounts of several people.
        info.OwnerClaims = UserInfoOwner(grant, info, server)?.ToClaims(info.Issuer);
        return info;
    }

    // All tenants of a server share its name, and the same subject at two tenants is two users (OpenID Connect Core §5.7).
    private static GrantOwner? UserInfoOwner(Grant grant, UserInfo info, AuthorizationServerMetadata server) =>
        server.IssuerTemplate is not { } template || grant.IdToken is not null ? GrantOwner.Subject(grant.Issuer, info.Subject)
        : grant.OwnerIssuerOf(template) is not null && string.Equals(grant.Owner.Id, info.Subject, StringComparison.Ordinal) ? grant.Owner
        : null;

    private async Task<Grant> CompleteAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        GrantOwner? owner,
        CancellationToken cancellationToken
    )
    {
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        ValidatedAuthorizationResponse.ValidateCorrelation(
            pending,
            response,
            current.Name,
            current.ConfiguredMetadata.ServerId,
            time.GetUtcNow()
        );
        if (!await store.TryConsumeStateAsync(pending.StateFingerprint, pending.ExpiresAt, cancellationToken).ConfigureAwait(false))
            throw new OAuthProtocolException(
                "The callback was used before: a state counts once (RFC 9700 §4.7). Begin a new authorization."
            );
        (store as InMemoryGrantStore)?.ObserveCallback(
            pending.ClientName,
            pending.StoreInstanceId,
            pending.ExpiresAt - current.PendingAuthorizationLifetime
        );
        var validated = ValidatedAuthorizationResponse.Validate(pending, response);
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);

        long lastHeard = terminator.LogoutSequence;
        // From here on the code is spent, so the exchange goes to its end even if the browser has left.
        var tokenResponse = await tokenEndpoint
            .SendAsync(new AuthorizationCodeRequest(validated), current, server, CancellationToken.None)
            .ConfigureAwait(false);
        var identity = await ValidateIdTokenAsync(tokenResponse, pending, current, server).ConfigureAwait(false);
        if (owner is null && identity is null)
            throw new OAuthProtocolException(
                "The token response holds no ID Token, so it does not say who signed in (OpenID Connect Core §3.1.3.3)."
            );
        return await StoreGrantAsync(tokenResponse, identity, owner, pending, current, server, lastHeard).ConfigureAwait(false);
    }

    private async Task<ValidatedIdToken?> ValidateIdTokenAsync(
        TokenResponse response,
        PendingAuthorization pending,
        ClientConfiguration current,
        AuthorizationServerMetadata server
    )
    {
        if (response.IdToken is { } idToken && (pending.Nonce is not null || IdTokenValidator.CanValidate(server, current)))
        {
            var identity = await idTokens
                .ValidateAsync(
                    IdTokenValidator.Decrypt(idToken, current),
                    response.AccessToken,
                    current,
                    server,
                    pending.Nonce,
                    CancellationToken.None
                )
                .ConfigureAwait(false);
            if (pending is { MaxAge: { } maxAge, Nonce: not null })
                IdTokenClaimsValidator.ValidateMaxAge(identity.Claims, maxAge, time.GetUtcNow());
            IdTokenClaimsValidator.ValidateAcr(identity.Claims, pending.RequiredAcrValues);
            return identity;
        }
        if (
            response.IdToken is null
            && pending.Nonce is not null
            && response.AccessToken.Scopes.Contains(ScopeList.OpenId, StringComparer.Ordinal)
        )
            throw new OAuthProtocolException(
                "openid was asked for and granted, but the token response holds no ID Token (OpenID Connect Core §3.1.3.3)."
            );
        // Whoever can take max_age or acr_values out of the address can take openid out too.
        if (pending.RequiredAcrValues.Count > 0)
            throw new OAuthProtocolException(
                "RequiredAcrValues were demanded, but no ID Token says how the user was authenticated (OpenID Connect Core §3.1.3.7)."
            );
        if (pending is { MaxAge: not null, Nonce: not null })
            throw new OAuthProtocolException(
                "max_age was asked for together with openid, but no ID Token says when the user signed in (OpenID Connect Core §3.1.3.7)."
            );
        return null;
    }

    private async Task<Grant> StoreGrantAsync(
        TokenResponse response,
        ValidatedIdToken? identity,
        GrantOwner? knownOwner,
        PendingAuthorization pending,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        long lastHeard
    )
    {
        var owner = knownOwner ?? GrantOwner.Subject(identity!.Issuer, identity.Subject);
        var now = time.GetUtcNow();
        string? session = identity?.Claims.TextIfAny("sid") is { Length: > 0 } named ? named : null;
        // A sign-in that ended at another node must not be continued under its name.
        var others = await store.FindCurrentAsync(current.Name, owner, CancellationToken.None).ConfigureAwait(false);
        var grant = new Grant(SecureRandomString.Create(), current.Name, owner, server.ServerId, current.ClientId)
        {
            Subject = identity?.Subject,
            SessionId = session,
            // A new one unless this very session stands: what ended must not come back with the next login.
            SignInId = knownOwner is not null
                ? null
                : FindActiveSignIn(others, current, owner, session, now)?.SignInId ?? SecureRandomString.Create(),
            SignInExpiresAt = knownOwner is null ? now + current.SignInLifetime : null,
            RenewalEndsAt = knownOwner is not null && pending.RenewsSignIn ? EndOfSignIn(others, current, owner, now) : null,
            FirstIdTokenIssuedAt = identity is null ? null : IdTokenClaimsValidator.TryReadTime(identity.Claims, "iat"),
            Scopes = response.AccessToken.Scopes,
            Resources = pending.Resources,
            CreatedAt = now,
            RefreshToken = response.RefreshToken,
            IdToken = identity?.Token,
            Tokens = Grant.With(response.AccessToken),
        };
        if (knownOwner is null)
            sameUser.NoteSignIn();
        else
            sameUser.Require(knownOwner, identity, pending, others, server);
        await store.AddAsync(grant, CancellationToken.None).ConfigureAwait(false);
        if (await terminator.TryEndNewAsync(grant, current, lastHeard).ConfigureAwait(false))
            throw new OAuthProtocolException(
                "The user signed out at the server while the authorization was completed, so nothing was kept. Begin a new one."
            );
        await revoker.RemoveSupersededAsync(grant, others, current).ConfigureAwait(false);
        return grant;
    }

    private static Grant? FindActiveSignIn(
        IReadOnlyList<Grant> grants,
        ClientConfiguration current,
        GrantOwner owner,
        string? session,
        DateTimeOffset now
    ) =>
        session is null
            ? null
            : grants.FirstOrDefault(grant =>
                grant.SignInExpiresAt > now
                && GrantOwnership.BelongsTo(grant, current, owner)
                && string.Equals(grant.SessionId, session, StringComparison.Ordinal)
            );

    // A renewal adds no time to the sign-in that it renews.
    private static DateTimeOffset EndOfSignIn(
        IReadOnlyList<Grant> grants,
        ClientConfiguration current,
        GrantOwner owner,
        DateTimeOffset now
    ) =>
        grants
            .Where(grant => grant.SignInExpiresAt > now && GrantOwnership.BelongsTo(grant, current, owner))
            .Max(grant => grant.SignInExpiresAt)
        ?? now + current.SignInLifetime;

    private static void EnsureResourceOwner(GrantOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.IsClient)
            throw new ArgumentException("The client itself has no grant of this kind; name the resource owner.", nameof(owner));
    }
}
