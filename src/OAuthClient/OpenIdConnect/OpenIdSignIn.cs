namespace OAuthClient;

/// <summary>
/// Signs in users whom the server identifies by an ID Token (OpenID Connect Core §3.1), so that the application needs no identifier of the
/// user beforehand.
/// </summary>
/// <remarks>
/// Begin a sign-in with <see cref="IOAuthClient.BeginAuthorizationAsync"/> and the scope <c>openid</c>. <c>AddOAuthClient</c> registers
/// this class beside <see cref="IOAuthClient"/>, under the same name. All members are thread-safe.
/// </remarks>
public sealed class OpenIdSignIn
{
    private readonly ClientConfigurationProvider configuration;
    private readonly AuthorizationCodeFlow flow;
    private readonly SignInSessions sessions;

    internal OpenIdSignIn(ClientConfigurationProvider configuration, AuthorizationCodeFlow flow, SignInSessions sessions) =>
        (this.configuration, this.flow, this.sessions) = (configuration, flow, sessions);

    /// <summary>
    /// Completes a sign-in as <see cref="IOAuthClient.CompleteAuthorizationAsync"/> completes an authorization. The owner of the grant is
    /// the subject of the ID Token (<see cref="GrantOwner.Subject(string, string)"/>). The grant is stored for
    /// <see cref="OAuthClientOptions.SignInLifetime"/>, beside the grants of the same user's other sessions.
    /// </summary>
    /// <param name="pending">The result of <see cref="IOAuthClient.BeginAuthorizationAsync"/> for this browser.</param>
    /// <param name="response">The callback.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. It is not monitored once the code is sent, because the code can be redeemed once.
    /// </param>
    /// <returns>The stored grant.</returns>
    /// <exception cref="InvalidOperationException">The authorization was begun without the scope <c>openid</c>.</exception>
    /// <exception cref="AuthorizationResponseException">The server or the user denied the authorization.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The callback, the token response or the ID Token is invalid, or there is no ID Token.
    /// </exception>
    /// <exception cref="TokenEndpointException">The server refused the code.</exception>
    public Task<Grant> CompleteAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(pending);
        return pending.Nonce is not null
            ? flow.CompleteAsync(pending, response, owner: null, cancellationToken)
            : throw new InvalidOperationException(
                "The authorization was begun without the scope openid, so no ID Token identifies the user; add openid to Scopes."
            );
    }

    /// <summary>
    /// Begins an authorization for a user who is already signed in by this client, for example to request further scopes. Complete it with
    /// <see cref="IOAuthClient.CompleteAuthorizationAsync"/> for the owner who signed in.
    /// </summary>
    /// <remarks>
    /// The completion is rejected if another account of the server completes it, also if the user's grants were revoked or lost meanwhile.
    /// The request always contains the scope <c>openid</c>, because only an ID Token identifies the user who completes it.
    /// </remarks>
    /// <param name="parameters">The parameters of this request in addition to the options.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The pending authorization.</returns>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="InvalidOperationException">The client has no <see cref="OAuthClientOptions.RedirectUri"/>.</exception>
    /// <exception cref="OAuthException">The server publishes no metadata, or its metadata is not safe to use.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public Task<PendingAuthorization> BeginRenewalAsync(
        AuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    ) => flow.BeginAsync(parameters, renewsSignIn: true, cancellationToken);

    /// <summary>
    /// Determines whether an issuer is the client's server or one of its tenants whose users may sign in
    /// (<see cref="OAuthClientOptions.IssuerTemplate"/>). Call it before a login that a third party initiates (OpenID Connect Core §4).
    /// </summary>
    /// <param name="issuer">The <c>iss</c> parameter of the request. The comparison is ordinal.</param>
    /// <returns><see langword="true"/> if users of this issuer may sign in; otherwise, <see langword="false"/>.</returns>
    public bool IsIssuer(string? issuer) => configuration.Current.ConfiguredMetadata.IsIssuer(issuer);

    /// <summary>
    /// Determines whether a user who signed in by this server is still signed in. The sign-in ends when the user signs out here or at the
    /// server, when the grant is revoked, and after <see cref="OAuthClientOptions.SignInLifetime"/>.
    /// </summary>
    /// <remarks>
    /// Call it on each request of an application whose session ends with the grant. The result usually comes from memory. While a shared
    /// store cannot be reached, the store's exception is thrown instead.
    /// </remarks>
    /// <param name="owner">The user who signed in.</param>
    /// <param name="sessionId">
    /// The session of the sign-in, as in <see cref="Grant.SessionId"/>; <see langword="null"/> if the server names none.
    /// </param>
    /// <param name="signInId">
    /// The identifier of the sign-in, as in <see cref="Grant.SignInId"/>; store it in the application's session. If it is omitted and the
    /// server names no sessions, a session that has ended, or a copy of it, becomes valid again with the user's next sign-in.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns><see langword="true"/> if the user is signed in; otherwise, <see langword="false"/>.</returns>
    /// <exception cref="ArgumentException">The owner is the client itself.</exception>
    public ValueTask<bool> IsSignedInAsync(
        GrantOwner owner,
        string? sessionId,
        string? signInId = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(owner);
        return owner.IsClient
            ? throw new ArgumentException("The client itself does not sign in; pass the resource owner.", nameof(owner))
            : sessions.IsValidAsync(owner, sessionId, signInId, cancellationToken);
    }
}
