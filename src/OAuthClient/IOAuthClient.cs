namespace OAuthClient;

/// <summary>
/// Obtains and refreshes OAuth 2.0 tokens for one configured client at one authorization server. All members are thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// <c>AddOAuthClient</c> registers this interface as a keyed service under the client's name, and also without a key if there is only one
/// client or an unnamed one.
/// </para>
/// <para>These services are registered beside it, in the same way:</para>
/// <list type="bullet">
/// <item><description>
/// <see cref="OAuthClientGrants"/> lists a user's grants, imports and refreshes them, and revokes single tokens.
/// </description></item>
/// <item><description><see cref="OpenIdSignIn"/> signs users in by the server (OpenID Connect Core §3.1).</description></item>
/// <item><description><see cref="OpenIdLogout"/> signs users out, here and at the server.</description></item>
/// <item><description><see cref="DeviceAuthorization"/> signs in where there is no browser (RFC 8628).</description></item>
/// <item><description><see cref="TokenIntrospection"/> asks the server about a token (RFC 7662).</description></item>
/// <item><description><see cref="ClaimSourceReader"/> reads aggregated and distributed claims (Core §5.6.2).</description></item>
/// <item><description><see cref="ClientHealth"/> reports problems of recent operations, for health checks.</description></item>
/// </list>
/// <para>
/// <see cref="OAuthClientBuilder.RegisterDynamically"/> registers <see cref="DynamicRegistration"/>, which manages a client that registers
/// itself (RFC 7591). <see cref="WebFingerServiceCollectionExtensions.AddWebFinger"/> registers <see cref="WebFinger"/>, which finds the
/// issuer of a user (OpenID Connect Discovery §2).
/// </para>
/// </remarks>
/// <example>
/// This console program authorizes a user in the system browser (RFC 8252), receives the callback on a loopback address, and obtains an
/// access token. Later calls of <see cref="GetAccessTokenAsync"/> return the same token until it expires, and then refresh it.
/// <code language="csharp"><![CDATA[
/// using System.Diagnostics;
/// using System.Net;
/// using Microsoft.Extensions.DependencyInjection;
/// using OAuthClient;
///
/// var services = new ServiceCollection();
/// services.AddOAuthClient(o =>
/// {
///     o.Issuer = new Uri("https://accounts.example.com");
///     o.ClientId = "12345";
///     o.RedirectUri = new Uri("http://127.0.0.1:5001/callback");
///     o.Scopes = ["openid", "profile", "offline_access"];
/// });
/// await using var provider = services.BuildServiceProvider();
/// var client = provider.GetRequiredService<IOAuthClient>();
/// var owner = GrantOwner.User("alice");
///
/// using var listener = new HttpListener();
/// listener.Prefixes.Add("http://127.0.0.1:5001/");
/// listener.Start();
///
/// PendingAuthorization pending = await client.BeginAuthorizationAsync();
/// Process.Start(new ProcessStartInfo(pending.AuthorizationUri.AbsoluteUri) { UseShellExecute = true });
/// HttpListenerContext callback = await listener.GetContextAsync();
/// callback.Response.Close("You can close this window."u8.ToArray(), willBlock: true);
///
/// AuthorizationResponse response = AuthorizationResponse.Parse(callback.Request.Url!);
/// Grant grant = await client.CompleteAuthorizationAsync(pending, response, owner);
/// Console.WriteLine($"{grant.StandardClaims?.Name} granted {string.Join(' ', grant.Scopes)}.");
///
/// AccessToken token = await client.GetAccessTokenAsync(owner);
/// Console.WriteLine($"The access token expires at {token.ExpiresAt}.");
/// ]]></code>
/// </example>
public interface IOAuthClient
{
    /// <summary>
    /// Begins an authorization (RFC 6749 §4.1.1): creates a state, a nonce, a PKCE code verifier and the address to send the browser to.
    /// </summary>
    /// <param name="parameters">The parameters of this request in addition to the options.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The pending authorization, which completes the authorization later.</returns>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="InvalidOperationException">The client has no <see cref="OAuthClientOptions.RedirectUri"/>.</exception>
    /// <exception cref="OAuthException">The server publishes no metadata, or its metadata is not safe to use.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    Task<PendingAuthorization> BeginAuthorizationAsync(
        AuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Completes an authorization (RFC 6749 §4.1.2–4.1.4): validates the callback against the pending authorization, redeems the code,
    /// validates the ID Token if there is one, and stores the grant. A pending authorization can be completed once.
    /// </summary>
    /// <param name="pending">The result of <see cref="BeginAuthorizationAsync"/> for this browser.</param>
    /// <param name="response">The callback.</param>
    /// <param name="owner">The owner of the grant: the application's identifier of the user.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. It is not monitored once the code is sent, because the code can be redeemed once.
    /// </param>
    /// <returns>The stored grant.</returns>
    /// <exception cref="ArgumentException">The owner is the client itself.</exception>
    /// <exception cref="AuthorizationResponseException">The server or the user denied the authorization.</exception>
    /// <exception cref="OAuthProtocolException">The callback, the token response or the ID Token is invalid.</exception>
    /// <exception cref="TokenEndpointException">The server refused the code.</exception>
    Task<Grant> CompleteAuthorizationAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        GrantOwner owner,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Gets a valid access token: the stored one, a refreshed one (RFC 6749 §6), or for the client itself a newly requested one (§4.4).
    /// Concurrent callers share one request.
    /// </summary>
    /// <param name="owner">A resource owner who completed an authorization, or <see cref="GrantOwner.Client"/>.</param>
    /// <param name="parameters">Selects a token other than the one with all granted scopes.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. A cancelled call stops waiting; the refresh continues for other callers.
    /// </param>
    /// <returns>The access token.</returns>
    /// <exception cref="ReauthorizationRequiredException">
    /// There is no grant, or the server rejected its refresh token; the resource owner must authorize the client again.
    /// </exception>
    /// <exception cref="TokenEndpointException">The server refused the request.</exception>
    ValueTask<AccessToken> GetAccessTokenAsync(
        GrantOwner owner,
        AccessTokenParameters? parameters = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Requests tokens by a grant type other than the authorization code (RFC 6749 §4.4, §4.5, §6). The tokens are not stored, and an ID
    /// Token is not validated.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The token response.</returns>
    /// <exception cref="TokenEndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthProtocolException">The token response is invalid.</exception>
    Task<TokenResponse> RequestTokenAsync(TokenRequest request, CancellationToken cancellationToken = default);

    /// <summary>Finds the owner's newest grant. The server may have ended it; only its use shows that.</summary>
    /// <param name="owner">A resource owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The grant; <see langword="null"/> if there is none.</returns>
    /// <exception cref="ArgumentException">The owner is the client itself.</exception>
    ValueTask<Grant?> FindGrantAsync(GrantOwner owner, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes all grants of the owner from the store and revokes their tokens at the server (RFC 7009).
    /// </summary>
    /// <remarks>
    /// Each grant is removed before it is revoked. If the server has no revocation endpoint, the grants are only removed, and a message is
    /// logged. A refresh on another node is waited for, at most for <see cref="OAuthClientOptions.RefreshLease"/>. If the store cannot be
    /// reached, its exception is thrown and no grant is removed.
    /// </remarks>
    /// <param name="owner">A resource owner.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. A cancelled call stops waiting; a revocation that has begun continues.
    /// </param>
    /// <returns>A task that completes when the grants are removed and revoked.</returns>
    /// <exception cref="ArgumentException">The owner is the client itself.</exception>
    /// <exception cref="EndpointException">The server refused the revocation; the grants are removed nevertheless.</exception>
    Task RevokeAsync(GrantOwner owner, CancellationToken cancellationToken = default);

    /// <summary>
    /// Requests the owner's claims from the UserInfo endpoint (OpenID Connect Core §5.3), and validates that they are about the subject of
    /// the ID Token.
    /// </summary>
    /// <param name="owner">A resource owner.</param>
    /// <param name="parameters">
    /// Selects the access token of the request, and with <see cref="AccessTokenParameters.GrantId"/> the account of an owner who has
    /// several. Without it, the owner's newest grant is used.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The claims.</returns>
    /// <exception cref="ArgumentException">The owner is the client itself.</exception>
    /// <exception cref="ReauthorizationRequiredException">
    /// There is no grant, or the server rejected its refresh token; the resource owner must authorize the client again.
    /// </exception>
    /// <exception cref="EndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthProtocolException">The response is invalid, or is about another subject.</exception>
    Task<UserInfo> GetUserInfoAsync(
        GrantOwner owner,
        AccessTokenParameters? parameters = null,
        CancellationToken cancellationToken = default
    );
}
