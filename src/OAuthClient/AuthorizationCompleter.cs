namespace OAuthClient;

/// <summary>
/// Completes authorizations (RFC 6749 §4.1.2–4.1.4): validates the callback, redeems the code, validates the ID Token and stores the grant.
/// </summary>
internal sealed class AuthorizationCompleter(
    ClientConfigurationProvider configuration,
    ServerMetadataCache metadata,
    TokenEndpointClient tokenEndpoint,
    IdTokenValidator idTokens,
    GrantRevoker revoker,
    SessionTerminator terminator,
    SameUserRequirement sameUser,
    IGrantStore store,
    ClientTelemetry telemetry,
    TimeProvider time
)
{
    /// <summary>Validates the callback, redeems the code and stores the grant.</summary>
    /// <param name="pending">The pending authorization.</param>
    /// <param name="response">The callback.</param>
    /// <param name="owner">The owner of the grant; <see langword="null"/> for the user whom the ID Token names.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. It is not monitored once the code is sent.
    /// </param>
    public async Task<Grant> CompleteAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        GrantOwner? owner,
        CancellationToken cancellationToken
    )
    {
        using var operation = telemetry.CompleteAuthorization();
        try
        {
            return await CompleteWithoutTelemetryAsync(pending, response, owner, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            operation?.Fail(exception);
            throw;
        }
    }

    private async Task<Grant> CompleteWithoutTelemetryAsync(
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
                "The callback was used before: a state can be used once (RFC 9700 §4.7). Begin a new authorization."
            );
        (store as InMemoryGrantStore)?.ObserveCallback(
            pending.ClientName,
            pending.StoreInstanceId,
            pending.ExpiresAt - current.PendingAuthorizationLifetime
        );
        var validated = ValidatedAuthorizationResponse.Validate(pending, response);
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);

        long logoutSequence = terminator.LogoutSequence;
        // The code can be redeemed once, so the exchange is not cancelled from here on.
        var tokenResponse = await tokenEndpoint
            .SendAsync(new AuthorizationCodeRequest(validated), current, server, CancellationToken.None)
            .ConfigureAwait(false);
        var identity = await ValidateIdTokenAsync(tokenResponse, pending, current, server).ConfigureAwait(false);
        if (owner is null && identity is null)
            throw new OAuthProtocolException(
                "The token response has no ID Token, so it does not state who signed in (OpenID Connect Core §3.1.3.3)."
            );
        return await StoreGrantAsync(tokenResponse, identity, owner, pending, current, server, logoutSequence).ConfigureAwait(false);
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
                "The scope openid was granted, but the token response has no ID Token (OpenID Connect Core §3.1.3.3)."
            );
        // An attacker who can remove max_age or acr_values from the address can also remove openid.
        if (pending.RequiredAcrValues.Count > 0)
            throw new OAuthProtocolException(
                "RequiredAcrValues are set, but no ID Token states how the user was authenticated (OpenID Connect Core §3.1.3.7)."
            );
        if (pending is { MaxAge: not null, Nonce: not null })
            throw new OAuthProtocolException(
                "max_age and openid were requested, but no ID Token states when the user signed in (OpenID Connect Core §3.1.3.7)."
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
        long logoutSequence
    )
    {
        var owner = knownOwner ?? GrantOwner.Subject(identity!.Issuer, identity.Subject);
        var now = time.GetUtcNow();
        string? session = identity?.Claims.TextIfAny("sid") is { Length: > 0 } named ? named : null;
        // Read from the store, so that a sign-in that ended at another node is not continued.
        var others = await store.FindCurrentAsync(current.Name, owner, CancellationToken.None).ConfigureAwait(false);
        var grant = new Grant(SecureRandomString.Create(), current.Name, owner, server.ServerId, current.ClientId)
        {
            Subject = identity?.Subject,
            SessionId = session,
            // A new identifier unless this session is active, so that a session that has ended does not become valid with the next login.
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
            sameUser.Validate(knownOwner, identity, pending, others, server);
        await store.AddAsync(grant, CancellationToken.None).ConfigureAwait(false);
        if (await terminator.TryEndNewAsync(grant, current, logoutSequence).ConfigureAwait(false))
            throw new OAuthProtocolException(
                "The user signed out at the server while the authorization was completed, so nothing was stored. Begin a new authorization."
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

    // A renewal does not extend the sign-in.
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
}
