using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Signs users out: here and at the server (OpenID Connect RP-Initiated Logout), or here because the server says so (Back-Channel and
/// Front-Channel Logout). Registered by <c>AddOAuthClient</c> beside <see cref="IOAuthClient"/>, under the same name. Safe for use by many
/// threads at once.
/// </summary>
public sealed class OpenIdLogout
{
    private readonly ClientConfigurationProvider configuration;
    private readonly ServerMetadataCache metadata;
    private readonly LogoutTokenValidator logoutTokens;
    private readonly GrantRevoker revoker;
    private readonly SessionTerminator terminator;
    private readonly IGrantStore store;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    internal OpenIdLogout(
        ClientConfigurationProvider configuration,
        ServerMetadataCache metadata,
        LogoutTokenValidator logoutTokens,
        GrantRevoker revoker,
        SessionTerminator terminator,
        IGrantStore store,
        TimeProvider time,
        ILogger logger
    )
    {
        (this.configuration, this.metadata, this.logoutTokens, this.revoker) = (configuration, metadata, logoutTokens, revoker);
        (this.terminator, this.store, this.time, this.logger) = (terminator, store, time, logger);
    }

    /// <summary>The client's name in <c>AddOAuthClient</c>; empty for the unnamed one.</summary>
    public string ClientName => configuration.Name;

    /// <summary>
    /// Ends the owner's grants, forgotten first and then revoked as far as the server can be reached, and gives the address at which the
    /// server ends its own session (OpenID Connect RP-Initiated Logout §2). Where the server has none, or cannot be asked, the user is
    /// signed out here only: <see cref="PendingLogout.EndSessionUri"/> is <see langword="null"/>.
    /// </summary>
    /// <param name="owner">Who signs out.</param>
    /// <param name="parameters">Which session, and what is asked beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting; what has begun to end goes on to its end.</param>
    /// <exception cref="ArgumentException">The owner is the client itself, or a parameter is reserved.</exception>
    /// <exception cref="OAuthProtocolException">The endpoint's own query collides with the request.</exception>
    public async Task<PendingLogout> BeginAsync(
        GrantOwner owner,
        LogoutParameters? parameters = null,
        CancellationToken cancellationToken = default
    )
    {
        EnsureResourceOwner(owner);
        parameters ??= LogoutParameters.None;
        EndSessionRequestBuilder.Require(parameters);
        var current = await configuration.TryGetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var grants = await store.FindCurrentAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        // The session's own before one of which no session is known.
        var hint = grants
            .Where(grant =>
                GrantOwnership.BelongsTo(grant, current, owner)
                && grant.IdToken is not null
                && IsOf(grant, parameters.SessionId, parameters.SignInId)
            )
            .OrderByDescending(grant => grant.SessionId is not null)
            .ThenByDescending(grant => grant.SignInId is not null)
            .FirstOrDefault();
        await revoker
            .SignOutAsync(owner, grant => IsOf(grant, parameters.SessionId, parameters.SignInId), cancellationToken)
            .ConfigureAwait(false);
        var endpoint = await EndSessionEndpointAsync(current, cancellationToken).ConfigureAwait(false);
        return EndSessionRequestBuilder.Begin(current, endpoint, parameters, hint?.IdToken, time.GetUtcNow());
    }

    /// <summary>
    /// Holds the browser's return to <c>PostLogoutRedirectUri</c> against the logout that was begun (OpenID Connect RP-Initiated Logout §3).
    /// The user is signed out already; this tells the return from somebody else's link.
    /// </summary>
    /// <param name="pending">What <see cref="BeginAsync"/> gave for this browser.</param>
    /// <param name="response">The address at which it came back.</param>
    /// <exception cref="InvalidOperationException">The browser was not to come back.</exception>
    /// <exception cref="OAuthProtocolException">The state is missing or another, or it came too late.</exception>
    public void Complete(PendingLogout pending, AuthorizationResponse response)
    {
        ArgumentNullException.ThrowIfNull(pending);
        ArgumentNullException.ThrowIfNull(response);
        pending.ValidateCorrelation(response, configuration.Name, time.GetUtcNow());
    }

    /// <summary>
    /// Takes the server's word that a user signed out there (OpenID Connect Back-Channel Logout §2.5–2.7): the grants of that session, or with
    /// a <c>sub</c> alone of all the user's sessions, are forgotten on every node; also those for offline use.
    /// Sessions that began after the token was issued go on. The same token may come again; it ends nothing then.
    /// A login that is being completed just then counts for nothing if its ID Token is not newer; of one that another node completes within those moments, this node
    /// learns nothing, and it stands.
    /// </summary>
    /// <param name="logoutToken">The <c>logout_token</c> as it was posted.</param>
    /// <param name="cancellationToken">Stops waiting, until the first grant is forgotten.</param>
    /// <returns>How many grants ended; none, when the user was not signed in here.</returns>
    /// <exception cref="OAuthProtocolException">The token is not to be believed; nothing ended.</exception>
    /// <exception cref="OAuthException">The server's metadata or keys cannot be fetched; nothing ended.</exception>
    public async Task<int> ProcessBackChannelLogoutAsync(string logoutToken, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(logoutToken);
        // Anyone can post a logout token: all that needs neither the server nor the store is checked first.
        var unverified = LogoutTokenValidator.Parse(logoutToken, configuration.Current);
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var token = logoutTokens.ValidateClaims(unverified, current);
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        await logoutTokens.ValidateSignatureAsync(unverified, current, server, cancellationToken).ConfigureAwait(false);
        return await terminator.EndAsync(current, token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Takes the word of the user's own browser, sent here by a page of the server, that the user signed out there (OpenID Connect
    /// Front-Channel Logout §2). Nothing proves it but the match with the session: so only the signed-in user's own grants end, and only if
    /// issuer and session are theirs; neither is needed of a user who signed in by a server that names no sessions. They are
    /// forgotten first, and then revoked as far as the server can be reached.
    /// </summary>
    /// <param name="owner">Who is signed in in this browser.</param>
    /// <param name="sessionId">The session in which they are, as in <see cref="Grant.SessionId"/>; where it is not known, only grants that name <paramref name="session"/> end.</param>
    /// <param name="issuer">The parameter <c>iss</c>.</param>
    /// <param name="session">The parameter <c>sid</c>.</param>
    /// <param name="signInId">By which sign-in they are, as in <see cref="Grant.SignInId"/>, where it is known.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="OAuthProtocolException">Issuer or session are missing, or not the user's; nothing ended.</exception>
    public async Task ProcessFrontChannelLogoutAsync(
        GrantOwner owner,
        string? sessionId,
        string? issuer,
        string? session,
        string? signInId = null,
        CancellationToken cancellationToken = default
    )
    {
        EnsureResourceOwner(owner);
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        if (issuer is null != session is null)
            throw new OAuthProtocolException(
                "The front-channel logout has one of iss and sid, and not the other (OpenID Connect Front-Channel Logout §2)."
            );
        if (issuer is not null && !current.ConfiguredMetadata.IsIssuer(issuer))
            throw OtherServer(issuer, current);
        var grants = await store.FindCurrentAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        var theirs = grants.Where(grant => GrantOwnership.BelongsTo(grant, current, owner)).ToList();
        // With a server of many tenants the user's own, not whichever it has.
        if (issuer is not null && theirs.Count > 0 && !theirs.Exists(grant => IsFrom(grant, issuer)))
            throw OtherServer(issuer, current);
        // Any page could have sent it without them.
        if (session is null && (sessionId is not null || !MayLackSession(theirs)))
            throw new OAuthProtocolException(
                "The front-channel logout does not say which session it is of; register frontchannel_logout_session_required at the server (OpenID Connect Front-Channel Logout §2)."
            );
        if (
            session is not null
            && !(
                sessionId is null ? theirs.Exists(grant => Secret.SameText(session, grant.SessionId)) : Secret.SameText(session, sessionId)
            )
        )
            throw new OAuthProtocolException("The front-channel logout is of another session than the user's.");
        await revoker.SignOutAsync(owner, IsMeant, cancellationToken).ConfigureAwait(false);

        bool IsMeant(Grant grant) =>
            (issuer is null || IsFrom(grant, issuer))
            // Where the user's session is not known, what names none may be of any.
            && (sessionId is null && session is not null ? Secret.SameText(session, grant.SessionId) : IsOf(grant, sessionId, signInId));
    }

    private static OAuthProtocolException OtherServer(string issuer, ClientConfiguration current) =>
        new(
            $"The front-channel logout comes from '{ServerTextSanitizer.Clean(issuer)}', not from the server of {current.DisplayName} at which the user "
                + "signed in."
        );

    private static bool IsFrom(Grant grant, string issuer) => string.Equals(grant.Issuer, issuer, StringComparison.Ordinal);

    // Only users who signed in by a server that names no sessions.
    private static bool MayLackSession(List<Grant> grants) =>
        grants.Count == 0
        || (grants.Exists(grant => grant.SignInExpiresAt is not null) && grants.TrueForAll(grant => grant.SessionId is null));

    private async Task<Uri?> EndSessionEndpointAsync(ClientConfiguration current, CancellationToken cancellationToken)
    {
        try
        {
            return (await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false)).EndSessionEndpoint;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A user who wants to leave is not kept because the server is away.
            Log.SignedOutHereOnly(logger, current.Name, exception.GetType().Name);
            return null;
        }
    }

    // A grant of which no session is known, here or there, may belong to any.
    private static bool IsOf(Grant grant, string? sessionId, string? signInId) =>
        (sessionId is null && signInId is null)
        || (signInId is not null && string.Equals(grant.SignInId, signInId, StringComparison.Ordinal))
        || (
            grant.SessionId is null
                ? grant.SignInId is null || signInId is null
                : string.Equals(grant.SessionId, sessionId, StringComparison.Ordinal)
        );

    private static void EnsureResourceOwner(GrantOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.IsClient)
            throw new ArgumentException("The client itself is no user who could sign out; name the resource owner.", nameof(owner));
    }
}
