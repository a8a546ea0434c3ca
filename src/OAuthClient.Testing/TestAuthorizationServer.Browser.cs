using System.Net;

namespace OAuthClient.Testing;

public sealed partial class TestAuthorizationServer
{
    /// <summary>
    /// Simulates the browser and the user: requests the address, signs in and consents on the server's pages, and stops at the redirect to
    /// the client.
    /// </summary>
    /// <param name="authorizationUri">The authorization request.</param>
    /// <param name="how">
    /// The options of the sign-in; <see langword="null"/> for the user <c>alice</c> and consent to all requested scopes.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>
    /// The target of the redirect. It is not requested. For <c>response_mode=form_post</c>, it is the redirect URI with the form fields as
    /// its query.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="authorizationUri"/> is not an address of this server.</exception>
    /// <exception cref="InvalidOperationException">
    /// The server showed an error page or rejected the credentials. The message contains the text of the page.
    /// </exception>
    /// <exception cref="HttpRequestException">The connection failed, for example because of a fault.</exception>
    public Task<Uri> SignInAsync(Uri authorizationUri, SignInOptions? how = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(authorizationUri);
        return new ScriptedBrowser(_browser, _state, how ?? new SignInOptions()).SignInAsync(authorizationUri, cancellationToken);
    }

    /// <summary>
    /// Simulates the browser and the user: requests the address, signs out on the server's pages, loads the frames of the clients with a
    /// <see cref="TestClient.FrontChannelLogoutUri"/>, and stops at the redirect to the client.
    /// </summary>
    /// <param name="endSessionUri">
    /// The logout request. The address <see cref="EndSessionEndpoint"/> without parameters signs out without a client.
    /// </param>
    /// <param name="cookies">
    /// The cookies of the browser, from <see cref="SignInOptions.Cookies"/>; <see langword="null"/> for a new browser.
    /// </param>
    /// <param name="confirm">A value indicating whether the user confirms the logout if the server asks.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>
    /// The target of the redirect, which is not requested; <see langword="null"/> if the browser stays on a page of the server.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="endSessionUri"/> is not an address of this server.</exception>
    /// <exception cref="InvalidOperationException">The server showed an error page. The message contains the text of the page.</exception>
    /// <exception cref="HttpRequestException">The connection failed, or a frame could not be loaded.</exception>
    public Task<Uri?> SignOutAsync(
        Uri endSessionUri,
        CookieContainer? cookies = null,
        bool confirm = true,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(endSessionUri);
        return new ScriptedBrowser(_browser, _state, new SignInOptions { Cookies = cookies, Deny = !confirm }).SignOutAsync(
            endSessionUri,
            cancellationToken
        );
    }

    /// <summary>
    /// Returns the address to which a third party sends the browser to initiate a login at a client (OpenID Connect Core §4).
    /// </summary>
    /// <param name="client">The client. Its <see cref="TestClient.InitiateLoginUri"/> must be set.</param>
    /// <param name="loginHint">The value of <c>login_hint</c>; <see langword="null"/> to omit it.</param>
    /// <param name="targetLinkUri">The value of <c>target_link_uri</c>; <see langword="null"/> to omit it.</param>
    /// <returns>
    /// The address with <c>iss</c> and the other parameters in its query. Request it with GET, or post its query as a form.
    /// </returns>
    /// <exception cref="ArgumentException">The client has no <see cref="TestClient.InitiateLoginUri"/>.</exception>
    public Uri InitiateLogin(TestClient client, string? loginHint = null, string? targetLinkUri = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        Uri address =
            client.InitiateLoginUri ?? throw new ArgumentException($"Client '{client.ClientId}' has no InitiateLoginUri.", nameof(client));
        List<KeyValuePair<string, string>> parameters = [new("iss", _state.Issuer)];
        if (loginHint is not null)
            parameters.Add(new("login_hint", loginHint));
        if (targetLinkUri is not null)
            parameters.Add(new("target_link_uri", targetLinkUri));
        return new Uri(AuthorizationResponseWriter.AddQuery(address.AbsoluteUri, parameters));
    }

    /// <summary>Creates a logout token (OpenID Connect Back-Channel Logout §2.4). The session at the server does not end.</summary>
    /// <param name="client">The client that is the audience of the token.</param>
    /// <param name="subject">The value of <c>sub</c>; <see langword="null"/> to omit it.</param>
    /// <param name="sessionId">The value of <c>sid</c>, as in the ID Tokens of the session; <see langword="null"/> to omit it.</param>
    /// <returns>The logout token.</returns>
    public string CreateLogoutToken(TestClient client, string? subject = "alice", string? sessionId = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        string issuer = _state.Users.Values.FirstOrDefault(user => user.Subject == subject) is { } user
            ? _state.IssuerFor(user)
            : _state.Issuer;
        return LogoutTokenFactory.Create(_state, client, issuer, subject, sessionId);
    }

    /// <summary>
    /// Sends a logout token to a client (OpenID Connect Back-Channel Logout §2.5). The session at the server does not end.
    /// </summary>
    /// <param name="client">The client. Its <see cref="TestClient.BackChannelLogoutUri"/> must be set.</param>
    /// <param name="subject">The value of <c>sub</c>; <see langword="null"/> to omit it.</param>
    /// <param name="sessionId">The value of <c>sid</c>, as in the ID Tokens of the session; <see langword="null"/> to omit it.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The status code of the response: 200 or 204 if the client ended the session, 400 if it rejected the token (§2.8).</returns>
    /// <exception cref="ArgumentException">The client has no <see cref="TestClient.BackChannelLogoutUri"/>.</exception>
    /// <exception cref="HttpRequestException">The client could not be reached.</exception>
    /// <exception cref="OperationCanceledException">
    /// The client did not respond within ten seconds, or the operation was canceled.
    /// </exception>
    public Task<HttpStatusCode> SendBackChannelLogoutAsync(
        TestClient client,
        string? subject = "alice",
        string? sessionId = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        Uri address =
            client.BackChannelLogoutUri
            ?? throw new ArgumentException($"Client '{client.ClientId}' has no BackChannelLogoutUri.", nameof(client));
        return _backChannelLogout.SendAsync(address, CreateLogoutToken(client, subject, sessionId), cancellationToken);
    }
}
