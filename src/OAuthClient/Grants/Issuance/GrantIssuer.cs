using System.Collections.Frozen;
using System.Collections.ObjectModel;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Creates and stores the grant of a token response. It does not depend on the grant type by which the tokens were requested.
/// </summary>
internal sealed class GrantIssuer(
    IGrantStore store,
    GrantRevoker revoker,
    SessionTerminator terminator,
    SameUserRequirement sameUser,
    RefreshTokenExpirations expirations,
    TimeProvider time,
    ILogger logger
)
{
    private bool isOfflineAccessAdvised;

    /// <summary>Gets the number of the last logout token. Read it before the tokens are requested.</summary>
    public long LogoutSequence => terminator.LogoutSequence;

    /// <summary>
    /// Stores a new grant, and removes the grants of the owner that it replaces. It takes no cancellation token, because the code or other
    /// credential is already used.
    /// </summary>
    /// <returns>The stored grant.</returns>
    /// <exception cref="OAuthProtocolException">
    /// No ID Token states who signed in, another user received the tokens, or the user signed out meanwhile.
    /// </exception>
    public async Task<Grant> IssueAsync(GrantIssuance issuance)
    {
        var (response, identity, current, server) = issuance;
        var owner = issuance.Owner ?? OwnerOf(identity);
        bool isSignIn = issuance.Owner is null;
        var now = time.GetUtcNow();
        string? session = identity?.Claims.TextIfAny("sid") is { Length: > 0 } named ? named : null;
        // Read from the store, so that a sign-in that ended at another node is not continued.
        var others = await store.FindCurrentAsync(current.Name, owner, CancellationToken.None).ConfigureAwait(false);
        if (isSignIn)
            sameUser.NoteSignIn();
        else
            sameUser.Validate(owner, identity, issuance.RequestedIdToken, issuance.RenewsSignIn, others, server);
        var callbackParameters = Grant.OfCallback(issuance.CallbackParameters);
        var grant = new Grant(SecureRandomString.Create(), current.Name, owner, server.ServerId, current.ClientId)
        {
            Subject = identity?.Subject,
            SessionId = session,
            SignInId = isSignIn ? SignInSessions.Continue(others, current, owner, session, now) : null,
            SignInExpiresAt = isSignIn ? now + current.SignInLifetime : null,
            RenewalEndsAt = issuance.RenewsSignIn ? SignInSessions.EndOf(others, current, owner, now) : null,
            FirstIdTokenIssuedAt = identity is null ? null : NumericDate.TryRead(identity.Claims, "iat"),
            Scopes = response.AccessToken.Scopes,
            Resources = issuance.Resources,
            AuthorizationDetails = response.AccessToken.AuthorizationDetails,
            AuthorizationParameters = issuance.AuthorizationParameters,
            UserInfoAccount = issuance.Account,
            CreatedAt = now,
            RefreshToken = response.RefreshToken,
            RefreshTokenExpiresAt = response.RefreshToken is null ? null : response.RefreshTokenExpiresAt,
            UntrustedCallbackParameters = callbackParameters,
            TokenResponseMembers = Grant.Merge(
                ReadOnlyDictionary<string, AdditionalMember>.Empty,
                response.AdditionalMembers,
                callbackParameters
            ),
            IdToken = identity?.Token,
            DPoPKey = response.ProofKey,
            Tokens = Grant.With(response.AccessToken),
        };
        await store.AddAsync(grant, CancellationToken.None).ConfigureAwait(false);
        if (await terminator.TryEndNewAsync(grant, current, issuance.LogoutSequence).ConfigureAwait(false))
            throw new OAuthProtocolException(
                "The user signed out at the server while the authorization was completed, so nothing was stored. Begin a new authorization."
            );
        Log.GrantStored(logger, current.Name, isSignIn ? "a sign-in" : "an authorization");
        await revoker.RemoveSupersededAsync(grant, others, current).ConfigureAwait(false);
        expirations.Record(grant);
        if (grant.RefreshToken is null)
            LogMissingRefreshToken(issuance);
        return grant;
    }

    /// <summary>Stores a grant with tokens that another program obtained, and removes the grants of the owner that it replaces.</summary>
    /// <returns>The stored grant.</returns>
    /// <exception cref="ArgumentException">A scope or a resource is malformed.</exception>
    public async Task<Grant> ImportAsync(
        GrantOwner owner,
        GrantImport import,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        var scopes = import.Scopes is { } stated ? [.. ScopeList.Checked(stated)] : current.Scopes;
        var resources = import.Resources is { } addresses ? [.. ResourceIndicators.Checked(addresses)] : current.Resources;
        var others = await store.FindCurrentAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        var grant = new Grant(SecureRandomString.Create(), current.Name, owner, server.ServerId, current.ClientId)
        {
            Subject = import.Subject,
            Scopes = scopes,
            Resources = resources,
            CreatedAt = now,
            RefreshToken = import.RefreshToken,
            Tokens = import.AccessToken is { } token
                ? Grant.With(new AccessToken(token, now, import.AccessTokenExpiresAt, scopes, resources))
                : FrozenDictionary<string, AccessToken>.Empty,
        };
        await store.AddAsync(grant, CancellationToken.None).ConfigureAwait(false);
        Log.GrantStored(logger, current.Name, "an import");
        // Two grants without a subject can be those of two accounts, and a grant that is not replaced is only kept too long.
        if (grant.Subject is not null)
            await revoker.RemoveSupersededAsync(grant, others, current).ConfigureAwait(false);
        return grant;
    }

    private void LogMissingRefreshToken(GrantIssuance issuance)
    {
        string name = issuance.Configuration.Name;
        if (FindExpectation(issuance) is { } expectation)
            Log.NoRefreshToken(logger, name, expectation);
        // An application whose users only sign in needs none.
        else if (issuance.RequestedIdToken && !Interlocked.Exchange(ref isOfflineAccessAdvised, true))
            Log.NoOfflineAccess(logger, name);
    }

    // The scope of OpenID Connect Core §11, or a parameter with which well-known servers are asked for a refresh token.
    private static string? FindExpectation(GrantIssuance issuance) =>
        issuance.RequestedScopes.Contains(ScopeList.OfflineAccess) ? "the scope offline_access was requested"
        : issuance
            .Configuration.AuthorizationParameters.Select(parameter => (Name: parameter.Key, parameter.Value))
            .Concat(
                issuance.AuthorizationParameters.Chunk(2).Where(pair => pair.Length == 2).Select(pair => (Name: pair[0], Value: pair[1]))
            )
            .FirstOrDefault(parameter => ServerAdaptation.RequestsRefreshToken(parameter.Name, parameter.Value))
            is { Name: { } name }
            ? $"the parameter {name} requested one"
        : null;

    private static GrantOwner OwnerOf(ValidatedIdToken? identity) =>
        identity is not null
            ? GrantOwner.Subject(identity.Issuer, identity.Subject)
            : throw new OAuthProtocolException(
                "The token response has no ID Token, so it does not state who signed in (OpenID Connect Core §3.1.3.3)."
            );
}
