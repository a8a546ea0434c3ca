namespace OAuthClient;

/// <summary>
/// One client at one authorization server: dances the OAuth dance. Registered by <c>AddOAuthClient</c>; a named one is a
/// keyed service. Safe for use by many threads at once.
/// </summary>
public interface IOAuthClient
{
    /// <summary>Begins an authorization (RFC 6749 §4.1.1): a fresh state, nonce and PKCE pair, and the address to send the browser to.</summary>
    /// <param name="parameters">What this one request asks beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting for the server's metadata.</param>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server's metadata cannot be fetched, or is not safe to use.</exception>
    Task<PendingAuthorization> BeginAuthorizationAsync(
        AuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Completes an authorization (RFC 6749 §4.1.2–4.1.4): holds the callback against the pending authorization, redeems the
    /// code, validates the ID Token when one comes, and stores the grant. A pending authorization can be completed once.
    /// </summary>
    /// <param name="pending">What <see cref="BeginAuthorizationAsync"/> gave for this browser.</param>
    /// <param name="response">The callback.</param>
    /// <param name="owner">Whose grant it becomes: the application's own id of the user.</param>
    /// <param name="cancellationToken">Stops waiting, until the code is sent; from then on the exchange is carried to its end.</param>
    /// <exception cref="AuthorizationResponseException">The server, or the user, said no.</exception>
    /// <exception cref="OAuthProtocolException">The callback, the token response or the ID Token is not to be believed.</exception>
    /// <exception cref="TokenEndpointException">The server did not take the code.</exception>
    Task<Grant> CompleteAuthorizationAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        GrantOwner owner,
        CancellationToken cancellationToken = default
    );

    /// <summary>An access token that works: the one at hand, or a refreshed one (RFC 6749 §6), or for the client itself a new one (§4.4).</summary>
    /// <param name="owner">A resource owner who completed an authorization, or <see cref="GrantOwner.Client"/>.</param>
    /// <param name="parameters">Which token, when not the one with everything granted.</param>
    /// <param name="cancellationToken">Stops waiting; a refresh under way goes on for the others.</param>
    /// <exception cref="ReauthorizationRequiredException">Only the resource owner can help.</exception>
    /// <exception cref="TokenEndpointException">The server refused.</exception>
    ValueTask<AccessToken> GetAccessTokenAsync(
        GrantOwner owner,
        AccessTokenParameters? parameters = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>Tokens by any grant type but the code (RFC 6749 §4.4, §4.5, §6). Nothing is stored and no ID Token is validated.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="TokenEndpointException">The server refused.</exception>
    Task<TokenResponse> RequestTokenAsync(TokenRequest request, CancellationToken cancellationToken = default);

    /// <summary>The owner's newest grant, or <see langword="null"/> when there is none. It may be over: only its use tells.</summary>
    /// <param name="owner">A resource owner.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<Grant?> FindGrantAsync(GrantOwner owner, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends all the owner's grants: forgotten here first, then revoked at the server (RFC 7009). Without a revocation
    /// endpoint they are only forgotten, and the log says so. A refresh on another node is waited for, for <c>RefreshLease</c> at
    /// most. When the store cannot be reached its exception passes, and nothing is ended.
    /// </summary>
    /// <param name="owner">A resource owner.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EndpointException">The server did not take them back; here they are forgotten all the same.</exception>
    Task RevokeAsync(GrantOwner owner, CancellationToken cancellationToken = default);

    /// <summary>Asks the server who the owner is (OpenID Connect Core §5.3), and requires the answer to be about the one whom the ID Token named.</summary>
    /// <param name="owner">A resource owner.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ReauthorizationRequiredException">Only the resource owner can help.</exception>
    /// <exception cref="EndpointException">The endpoint refused.</exception>
    /// <exception cref="OAuthProtocolException">The answer is about somebody else.</exception>
    Task<UserInfo> GetUserInfoAsync(GrantOwner owner, CancellationToken cancellationToken = default);
}
