using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Signs users out of the application and the server (OpenID Connect RP-Initiated Logout), or of the application when the server requests
/// it (Back-Channel and Front-Channel Logout). <c>AddOAuthClient</c> registers it together with <see cref="IOAuthClient"/>, under the same
/// name. Instances are safe for concurrent use.
/// </summary>
public sealed class OpenIdLogout
{
    private readonly ClientConfigurationProvider configuration;
    private readonly ServerMetadataCache metadata;
    private readonly JwtSignatureValidator signatures;
    private readonly GrantRevoker revoker;
    private readonly SessionTerminator terminator;
    private readonly IGrantStore store;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    internal OpenIdLogout(
        ClientConfigurationProvider configuration,
        ServerMetadataCache metadata,
        JwtSignatureValidator signatures,
        GrantRevoker revoker,
        SessionTerminator terminator,
        IGrantStore store,
        TimeProvider time,
        ILogger logger
    )
    {
        (this.configuration, this.metadata, this.signatures, this.revoker) = (configuration, metadata, signatures, revoker);
        (this.terminator, this.store, this.time, this.logger) = (terminator, store, time, logger);
    }

    /// <summary>Gets the client's name in <c>AddOAuthClient</c>; empty for the unnamed client.</summary>
    public string ClientName => configuration.Name;

    /// <summary>
    /// Ends the owner's grants and creates the request that ends the session at the server (OpenID Connect RP-Initiated Logout §2). The
    /// grants are removed from the store first and then revoked; a failed revocation does not fail the logout. When the server has no end
    /// session endpoint, or its metadata cannot be fetched, <see cref="PendingLogout.EndSessionUri"/> is <see langword="null"/> and only
    /// the application's session ends.
    /// </summary>
    /// <param name="owner">The resource owner who signs out.</param>
    /// <param name="parameters">The session to end, and the parameters of the request.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. The removal of grants, once started, is completed.
    /// </param>
    /// <returns>The pending logout.</returns>
    /// <exception cref="ArgumentException">The owner is the client itself, or a parameter is reserved.</exception>
    /// <exception cref="OAuthProtocolException">The query of the endpoint contains a parameter of the request.</exception>
    public async Task<PendingLogout> BeginAsync(
        GrantOwner owner,
        LogoutParameters? parameters = null,
        CancellationToken cancellationToken = default
    )
    {
        owner.EnsureResourceOwner();
        parameters ??= LogoutParameters.None;
        var current = await configuration.TryGetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        EndSessionRequestBuilder.Validate(parameters, current);
        var grants = await store.FindCurrentAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        // Prefers a grant of the session to a grant without a known session.
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
            .SignOutAsync(owner, grant => IsOf(grant, parameters.SessionId, parameters.SignInId), current, cancellationToken)
            .ConfigureAwait(false);
        var endpoint = await EndSessionEndpointAsync(current, cancellationToken).ConfigureAwait(false);
        return EndSessionRequestBuilder.Begin(current, endpoint, parameters, hint?.IdToken, time.GetUtcNow());
    }

    /// <summary>
    /// Validates the redirect to <c>PostLogoutRedirectUri</c> against the pending logout (OpenID Connect RP-Initiated Logout §3). The user
    /// is already signed out; the validation detects a redirect that another site started.
    /// </summary>
    /// <param name="pending">The pending logout that <see cref="BeginAsync"/> returned for this browser.</param>
    /// <param name="response">The parameters of the redirect.</param>
    /// <exception cref="InvalidOperationException">The logout expects no redirect.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The state is missing or differs, the pending logout has expired, or another client began it.
    /// </exception>
    public void Complete(PendingLogout pending, AuthorizationResponse response)
    {
        ArgumentNullException.ThrowIfNull(pending);
        ArgumentNullException.ThrowIfNull(response);
        pending.ValidateCorrelation(response, configuration.Name, time.GetUtcNow());
    }

    /// <summary>
    /// Processes a logout token of the server (OpenID Connect Back-Channel Logout §2.5–2.7). It removes the grants of the session, or of
    /// all the user's sessions when the token names only a <c>sub</c>, on every node and including grants for offline access. Sessions that
    /// began after the token was issued remain. A repeated token removes nothing.
    /// </summary>
    /// <remarks>
    /// A login that this node completes at the same time fails if its ID Token is not newer than the logout token. A login that another
    /// node completes at the same time is not detected.
    /// </remarks>
    /// <param name="logoutToken">The value of <c>logout_token</c>.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. It is not observed after the first grant is removed.
    /// </param>
    /// <returns>The number of removed grants; zero when the user was not signed in.</returns>
    /// <exception cref="OAuthProtocolException">The token is not valid; no grant is removed.</exception>
    /// <exception cref="OAuthException">The server's metadata or keys cannot be fetched; no grant is removed.</exception>
    public async Task<int> ProcessBackChannelLogoutAsync(string logoutToken, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(logoutToken);
        // Any client on the network can post a logout token, so the checks that need neither the server nor the store run first.
        var current = configuration.Current;
        var unverified = LogoutTokenValidator.Parse(logoutToken, current);
        current = await configuration.GetRegisteredAsync(current, cancellationToken).ConfigureAwait(false);
        var token = LogoutTokenValidator.ValidateClaims(unverified, current, current.Read(time));
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        await signatures.ValidateAsync(unverified, current, server, cancellationToken).ConfigureAwait(false);
        return await terminator.EndAsync(current, token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Processes a front-channel logout request, which a page of the server sends through the user's browser (OpenID Connect Front-Channel
    /// Logout §2). The request is not authenticated, so only grants of the signed-in user end, and only if the issuer and the session
    /// match. Both may be missing for a user of a server without session identifiers. The grants are removed from the store first and then
    /// revoked; a failed revocation does not fail the logout.
    /// </summary>
    /// <param name="owner">The resource owner who is signed in in this browser.</param>
    /// <param name="sessionId">
    /// The session of the user, as in <see cref="Grant.SessionId"/>. When it is <see langword="null"/>, only grants whose session is
    /// <paramref name="session"/> end.
    /// </param>
    /// <param name="issuer">The value of <c>iss</c>.</param>
    /// <param name="session">The value of <c>sid</c>.</param>
    /// <param name="signInId">
    /// The sign-in of the user, as in <see cref="Grant.SignInId"/>, or <see langword="null"/> when it is not known.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the grants have ended.</returns>
    /// <exception cref="ArgumentException">The owner is the client itself.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The issuer or the session is missing or does not match the user; no grant is removed.
    /// </exception>
    public async Task ProcessFrontChannelLogoutAsync(
        GrantOwner owner,
        string? sessionId,
        string? issuer,
        string? session,
        string? signInId = null,
        CancellationToken cancellationToken = default
    )
    {
        owner.EnsureResourceOwner();
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        if (issuer is null != session is null)
            throw new OAuthProtocolException(
                "The front-channel logout request has only one of iss and sid (OpenID Connect Front-Channel Logout §2)."
            );
        if (issuer is not null && !current.ConfiguredMetadata.IsIssuer(issuer))
            throw OtherServer(issuer, current);
        var grants = await store.FindCurrentAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        var userGrants = grants.Where(grant => GrantOwnership.BelongsTo(grant, current, owner)).ToList();
        // For a multi-tenant server the issuer must be that of the user's tenant.
        if (issuer is not null && userGrants.Count > 0 && !userGrants.Exists(grant => IsFrom(grant, issuer)))
            throw OtherServer(issuer, current);
        // Any page can send a request without iss and sid.
        if (session is null && (sessionId is not null || !MayLackSession(userGrants)))
            throw new OAuthProtocolException(
                "The front-channel logout request names no session; register the client at the server with "
                    + "frontchannel_logout_session_required (OpenID Connect Front-Channel Logout §2)."
            );
        if (
            session is not null
            && !(
                sessionId is null
                    ? userGrants.Exists(grant => Secret.SameText(session, grant.SessionId))
                    : Secret.SameText(session, sessionId)
            )
        )
            throw new OAuthProtocolException("The front-channel logout request names another session than the user's.");
        await revoker.SignOutAsync(owner, Matches, current, cancellationToken).ConfigureAwait(false);

        bool Matches(Grant grant) =>
            (issuer is null || IsFrom(grant, issuer))
            // When the user's session is not known, a grant must name the requested session.
            && (sessionId is null && session is not null ? Secret.SameText(session, grant.SessionId) : IsOf(grant, sessionId, signInId));
    }

    private static OAuthProtocolException OtherServer(string issuer, ClientConfiguration current) =>
        new(
            $"The front-channel logout request comes from '{ServerTextSanitizer.Clean(issuer)}', not from the server of "
                + $"{current.DisplayName} at which the user signed in."
        );

    private static bool IsFrom(Grant grant, string issuer) => grant.Issuer == issuer;

    // Only users of a server without session identifiers.
    private static bool MayLackSession(List<Grant> grants) =>
        grants.Count == 0
        || (grants.Exists(grant => grant.SignInExpiresAt is not null) && grants.TrueForAll(grant => grant.SessionId is null));

    private async Task<Uri?> EndSessionEndpointAsync(ClientConfiguration current, CancellationToken cancellationToken)
    {
        try
        {
            return (await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false)).FindValid(ServerEndpoint.EndSession);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // An unavailable server must not prevent the user from signing out of the application.
            Log.SignedOutHereOnly(logger, current.Name, exception.GetType().Name);
            return null;
        }
    }

    // A grant without a session identifier and without a sign-in identifier may belong to any session.
    private static bool IsOf(Grant grant, string? sessionId, string? signInId) =>
        (sessionId is null && signInId is null)
        || (signInId is not null && grant.SignInId == signInId)
        || (grant.SessionId is null ? grant.SignInId is null || signInId is null : grant.SessionId == sessionId);
}
