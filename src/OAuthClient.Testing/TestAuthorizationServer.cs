using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace OAuthClient.Testing;

/// <summary>
/// A strict OAuth 2 and OpenID Connect authorization server for tests and samples: real HTTP on a free port of 127.0.0.1, a login page and a
/// consent page that people can use, every request recorded, faults on demand. From the start it knows the users <c>alice</c> and <c>bob</c>
/// (the password is the name) and the client <c>test-client</c> with the secret <c>test-secret</c>. Never for production.
/// </summary>
/// <example><code>
/// await using TestAuthorizationServer server = await TestAuthorizationServer.StartAsync();
/// server.AddClient(new TestClient { ClientId = "photos", ClientSecret = "s", RedirectUris = { "http://127.0.0.1:5005/callback" } });
/// Uri callback = await server.SignInAsync(authorizationUri);
/// </code></example>
public sealed class TestAuthorizationServer : IAsyncDisposable
{
    private readonly LoopbackHost _host;
    private readonly ServerState _state;
    private readonly BackChannelLogoutSender _backChannelLogout;
    private readonly HttpMessageInvoker _browser;

    private TestAuthorizationServer(LoopbackHost host, TestAuthorizationServerOptions options, CertificateAuthority? certificates)
    {
        _host = host;
        _state = new ServerState(host.Authority, options, host.AuthorityForCertificates, certificates);
        _browser = new(ScriptedBrowser.Handler(certificates));
        _backChannelLogout = new BackChannelLogoutSender(_state);
        AuthorizationServerEndpoints endpoints = new(_state, _backChannelLogout);
        host.Serve(endpoints.Classify, endpoints.AnswerAsync);
        Issuer = new Uri(_state.Issuer);
    }

    /// <summary>The issuer identifier; compare its <see cref="Uri.OriginalString"/>, which has no slash at the end (RFC 8414 §2). Where there are tenants, what discovery begins with.</summary>
    public Uri Issuer { get; }

    /// <summary>Where the client sends the browser (RFC 6749 §3.1).</summary>
    public Uri AuthorizationEndpoint => new(_state.Address("/authorize"));

    /// <summary>Where tokens come from (RFC 6749 §3.2).</summary>
    public Uri TokenEndpoint => new(_state.Address("/token"));

    /// <summary>Where tokens are revoked (RFC 7009 §2).</summary>
    public Uri RevocationEndpoint => new(_state.Address("/revoke"));

    /// <summary>Where tokens are looked up (RFC 7662 §2).</summary>
    public Uri IntrospectionEndpoint => new(_state.Address("/introspect"));

    /// <summary>Where the user's claims are (OpenID Connect Core §5.3).</summary>
    public Uri UserInfoEndpoint => new(_state.Address("/userinfo"));

    /// <summary>Where the client sends the browser to sign out (OpenID Connect RP-Initiated Logout §2).</summary>
    public Uri EndSessionEndpoint => new(_state.Address("/logout"));

    /// <summary>Where clients register themselves (RFC 7591 §3), when <see cref="TestAuthorizationServerOptions.AllowRegistration"/> lets them.</summary>
    public Uri RegistrationEndpoint => new(_state.Address("/register"));

    /// <summary>Where the signing keys are (RFC 7517 §5).</summary>
    public Uri JwksUri => new(_state.Address("/jwks"));

    /// <summary>
    /// The certificate that clients must trust when <see cref="TestAuthorizationServerOptions.UseTls"/> is on, without its private key;
    /// <see langword="null"/> otherwise. It is its own root, made for <c>127.0.0.1</c> and <c>localhost</c>.
    /// </summary>
    public X509Certificate2? Certificate => _state.Certificates?.PublicCertificate;

    /// <summary>How the server behaves; a change takes effect on the next request.</summary>
    public TestAuthorizationServerOptions Options => _state.Options;

    /// <summary>The faults put on this server's endpoints.</summary>
    public FaultList Faults => _host.Faults;

    /// <summary>The requests so far, in the order they arrived; a snapshot.</summary>
    public IReadOnlyList<RecordedRequest> Requests => _host.Log.All();

    /// <summary>Starts a server on a free port of 127.0.0.1.</summary>
    /// <param name="configure">Sets options before the start.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <returns>The running server; dispose of it to stop it.</returns>
    /// <exception cref="ArgumentException">
    /// <see cref="TestAuthorizationServerOptions.PathBase"/> does not start with a slash, or ends with one; or
    /// <see cref="TestAuthorizationServerOptions.IssuerTemplate"/> does, or has no place for the tenant.
    /// </exception>
    public static async Task<TestAuthorizationServer> StartAsync(
        Action<TestAuthorizationServerOptions>? configure = null,
        CancellationToken cancellationToken = default
    )
    {
        TestAuthorizationServerOptions options = new();
        configure?.Invoke(options);
        if (options.PathBase is { Length: > 0 } path && !IsPath(path))
            throw new ArgumentException($"PathBase must start with a slash and not end with one: '{path}'.", nameof(configure));
        if (
            options.IssuerTemplate is { } template
            && !(IsPath(template) && template.Contains(TestAuthorizationServerOptions.TenantPlaceholder, StringComparison.Ordinal))
        )
            throw new ArgumentException(
                $"IssuerTemplate must be a path with {TestAuthorizationServerOptions.TenantPlaceholder} in it: '{template}'.",
                nameof(configure)
            );
        CertificateAuthority? certificates = options.UseTls ? new() : null;
        return new(
            await LoopbackHost.StartAsync(() => options.TimeProvider, certificates?.Certificate, options.UseTls, cancellationToken),
            options,
            certificates
        );
    }

    /// <summary>Registers a client, or replaces the one of the same identifier.</summary>
    /// <param name="client">The client.</param>
    /// <returns>The same client.</returns>
    /// <exception cref="ArgumentException">The client contradicts itself, or a redirect URI is relative or has a fragment.</exception>
    public TestClient AddClient(TestClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (ClientRules.Problem(client) is { } problem)
            throw new ArgumentException(problem, nameof(client));
        _state.Clients[client.ClientId] = client;
        return client;
    }

    /// <summary>The clients there are, those that registered themselves among them; a snapshot.</summary>
    public IReadOnlyList<TestClient> Clients => [.. _state.Clients.Values];

    /// <summary>Forgets a client and revokes all it was given, as when its registration was deleted here.</summary>
    /// <param name="clientId">The client's identifier.</param>
    /// <returns>Whether there was one.</returns>
    public bool RemoveClient(string clientId) => _state.Remove(clientId);

    /// <summary>Gives a certificate, with its private key, to a client that authenticates by <c>tls_client_auth</c> (RFC 8705 §2.1). Dispose of it.</summary>
    /// <param name="subject">Whose it is, such as <c>CN=photos</c>: the client's <see cref="TestClient.CertificateSubject"/>.</param>
    /// <returns>The certificate.</returns>
    /// <exception cref="InvalidOperationException">The server has no TLS.</exception>
    public X509Certificate2 IssueClientCertificate(string subject) =>
        (
            _state.Certificates
            ?? throw new InvalidOperationException("Set UseTls when the server starts; without TLS nobody presents a certificate.")
        ).Issue(subject);

    /// <summary>The address by which somebody else, a portal say, sends the user's browser to a client to sign in here (OpenID Connect Core §4).</summary>
    /// <param name="client">The client, by its <see cref="TestClient.InitiateLoginUri"/>.</param>
    /// <param name="loginHint">Who might sign in, <c>login_hint</c>; left out when <see langword="null"/>.</param>
    /// <param name="targetLinkUri">Where the user wants to end up, <c>target_link_uri</c>; left out when <see langword="null"/>.</param>
    /// <returns>The address, with <c>iss</c>; request it by GET or post its query as a form.</returns>
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

    /// <summary>Adds a user, or replaces the one of the same user name.</summary>
    /// <param name="user">The user.</param>
    /// <returns>The same user.</returns>
    public TestUser AddUser(TestUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        _state.Users[user.UserName] = user;
        return user;
    }

    /// <summary>
    /// Plays the browser and the user: opens the address, signs in and consents on the real pages, and stops where the browser is sent away
    /// from this server. The callback is returned, not requested.
    /// </summary>
    /// <param name="authorizationUri">The authorization request's address.</param>
    /// <param name="how">Who signs in and what they allow; alice, and everything, when <see langword="null"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The address the browser was sent to; after <c>response_mode=form_post</c> the redirect URI with the form's fields as its query.</returns>
    /// <exception cref="ArgumentException">The address is not this server's.</exception>
    /// <exception cref="InvalidOperationException">The server refused without redirecting, or let nobody sign in; the message has the page's text.</exception>
    /// <exception cref="HttpRequestException">A fault broke the connection.</exception>
    public Task<Uri> SignInAsync(Uri authorizationUri, SignInOptions? how = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(authorizationUri);
        return new ScriptedBrowser(_browser, _state, how ?? new SignInOptions()).SignInAsync(authorizationUri, cancellationToken);
    }

    /// <summary>
    /// Plays the browser and the user: opens the address, signs out on the real pages, loads the frames of clients with a
    /// <see cref="TestClient.FrontChannelLogoutUri"/>, and stops where the browser is sent away from this server. That address is returned, not requested.
    /// </summary>
    /// <param name="endSessionUri">The logout request's address; <see cref="EndSessionEndpoint"/> itself signs out without any client's asking.</param>
    /// <param name="cookies">The browser's cookies, those of <see cref="SignInOptions.Cookies"/>; a fresh browser when <see langword="null"/>.</param>
    /// <param name="confirm">Whether the user, where asked, signs out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The address the browser was sent to; <see langword="null"/> when it stays on this server's page.</returns>
    /// <exception cref="ArgumentException">The address is not this server's.</exception>
    /// <exception cref="InvalidOperationException">The server refused; the message has the page's text.</exception>
    /// <exception cref="HttpRequestException">A fault broke the connection, or a frame cannot be loaded.</exception>
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

    /// <summary>Makes a logout token as this server would (OpenID Connect Back-Channel Logout §2.4). The session here goes on.</summary>
    /// <param name="client">Whom it is for.</param>
    /// <param name="subject">Who signed out, <c>sub</c>; <see langword="null"/> to leave it out.</param>
    /// <param name="sessionId">Which session is over, the <c>sid</c> of its ID Tokens; <see langword="null"/> to leave it out.</param>
    /// <returns>The token.</returns>
    public string CreateLogoutToken(TestClient client, string? subject = "alice", string? sessionId = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        string issuer = _state.Users.Values.FirstOrDefault(user => user.Subject == subject) is { } user
            ? _state.IssuerFor(user)
            : _state.Issuer;
        return LogoutTokenFactory.Create(_state, client, issuer, subject, sessionId);
    }

    /// <summary>Sends a client a logout token, as when its session here ended (OpenID Connect Back-Channel Logout §2.5). The session here goes on.</summary>
    /// <param name="client">Whom to tell, at its <see cref="TestClient.BackChannelLogoutUri"/>.</param>
    /// <param name="subject">Who signed out, <c>sub</c>; <see langword="null"/> to leave it out.</param>
    /// <param name="sessionId">Which session is over, the <c>sid</c> of its ID Tokens; <see langword="null"/> to leave it out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the client answered: 200 or 204 when all is well, 400 when it does not believe it (§2.8).</returns>
    /// <exception cref="ArgumentException">The client has no <see cref="TestClient.BackChannelLogoutUri"/>.</exception>
    /// <exception cref="HttpRequestException">The client cannot be reached.</exception>
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

    /// <summary>The requests to one endpoint so far, in the order they arrived; a snapshot.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <returns>The requests.</returns>
    public IReadOnlyList<RecordedRequest> RequestsTo(TestEndpoint endpoint) => _host.Log.To(endpoint);

    /// <summary>Waits until so many requests to an endpoint have arrived; they need not have been answered.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="count">How many, counted from the start or from <see cref="ClearRequests"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The last of them.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than one.</exception>
    public Task<RecordedRequest> WaitForRequestAsync(TestEndpoint endpoint, int count = 1, CancellationToken cancellationToken = default) =>
        _host.Log.WaitAsync(endpoint, count, cancellationToken);

    /// <summary>Forgets the requests so far.</summary>
    public void ClearRequests() => _host.Log.Clear();

    /// <summary>Starts a resource server that takes this server's access tokens, on a port of its own. It lives on its own: dispose of it too.</summary>
    /// <param name="configure">Sets options before the start.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <returns>The running server.</returns>
    public Task<TestResourceServer> StartResourceServerAsync(
        Action<TestResourceServerOptions>? configure = null,
        CancellationToken cancellationToken = default
    ) => TestResourceServer.StartAsync(_state, configure, cancellationToken);

    /// <summary>Kills every grant with all its codes and tokens, and forgets every consent, as when the user withdrew it at the provider.</summary>
    public void RevokeEverything()
    {
        _state.Grants.RevokeEverything();
        _state.Sessions.ForgetConsents();
    }

    /// <summary>Expires every access token given so far, whatever its lifetime. Refresh tokens stay good.</summary>
    public void ExpireAccessTokens() => _state.Grants.ExpireAccessTokens();

    /// <summary>Signs with a new key from now on, one for each algorithm that the server or a client uses.</summary>
    /// <param name="keepPrevious">Whether the key set still has the keys of before, so that ID Tokens signed with them can be verified.</param>
    public void RotateSigningKey(bool keepPrevious = true) => _state.RotateKeys(keepPrevious);

    /// <summary>Stops the server; answers under way are cut off.</summary>
    /// <returns>When its port is closed.</returns>
    public async ValueTask DisposeAsync()
    {
        _browser.Dispose();
        _backChannelLogout.Dispose();
        await _host.DisposeAsync();
        _state.Certificates?.Dispose();
    }

    private static bool IsPath(string value) => value is ['/', .., not '/'];
}
