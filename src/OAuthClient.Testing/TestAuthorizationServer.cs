using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace OAuthClient.Testing;

/// <summary>
/// Represents an OAuth 2.0 and OpenID Connect authorization server for tests and samples. It listens on a free port of 127.0.0.1, shows
/// login and consent pages, records every request and simulates faults. It is not intended for production.
/// </summary>
/// <remarks>
/// The server starts with the users <c>alice</c> and <c>bob</c>, whose passwords equal their user names, and with the client
/// <c>test-client</c>, whose secret is <c>test-secret</c>.
/// </remarks>
/// <example>
/// The following application signs its users in at the authorization server and calls an API with their access token:
/// <code><![CDATA[
/// using OAuthClient;
/// using OAuthClient.AspNetCore;
///
/// var builder = WebApplication.CreateBuilder(args);
/// builder.Services.AddAuthentication("Cookies")
///     .AddCookie("Cookies", o => o.LoginPath = "/oauth/photos/sign-in")
///     .RejectEndedSignIns();
/// builder.Services.AddAuthorization();
/// builder.Services.AddOAuthClient("photos", builder.Configuration.GetSection("Photos"))
///     .AddBrowserAuthorization(o => o.AllowSignIn = true);
/// var api = new Uri(builder.Configuration["PhotosApi"]!);
/// builder.Services.AddHttpClient("photos", http => http.BaseAddress = api)
///     .AddAccessTokenHandler("photos", t => t.ForCurrentUser().To(api));
///
/// var app = builder.Build();
/// app.MapBrowserAuthorization("photos");
/// app.MapGet("/photos", (IHttpClientFactory http) => http.CreateClient("photos").GetStringAsync("/photos"))
///     .RequireAuthorization();
/// app.Run();
/// ]]></code>
/// The following test signs a user in to this application and requests the data of the API. It uses the packages
/// <c>Microsoft.AspNetCore.Mvc.Testing</c> and <c>NUnit</c>:
/// <code><![CDATA[
/// using System.Net;
/// using Microsoft.AspNetCore.Hosting;
/// using Microsoft.AspNetCore.Mvc.Testing;
/// using NUnit.Framework;
/// using OAuthClient.Testing;
///
/// public sealed class PhotosTests
/// {
///     [Test]
///     public async Task Signed_in_user_sees_the_photos()
///     {
///         await using TestAuthorizationServer server = await TestAuthorizationServer.StartAsync();
///         await using TestResourceServer api = await server.StartResourceServerAsync(options => options.RequiredScope = "photos.read");
///         server.AddClient(
///             new TestClient
///             {
///                 ClientId = "photos",
///                 ClientSecret = "a-long-test-secret",
///                 RedirectUris = { "https://localhost/callback" },
///             }
///         );
///         await using WebApplicationFactory<Program> factory = new WebApplicationFactory<Program>().WithWebHostBuilder(host =>
///             host.UseSetting("Photos:Issuer", server.Issuer.OriginalString)
///                 .UseSetting("Photos:ClientId", "photos")
///                 .UseSetting("Photos:ClientSecret", "a-long-test-secret")
///                 .UseSetting("Photos:RedirectUri", "https://localhost/callback")
///                 .UseSetting("Photos:Scopes:0", "openid")
///                 .UseSetting("Photos:Scopes:1", "photos.read")
///                 .UseSetting("Photos:DangerouslyAllowHttpOnLoopback", "true")
///                 .UseSetting("PhotosApi", api.BaseAddress.OriginalString)
///         );
///         using HttpClient browser = factory.CreateClient(
///             new WebApplicationFactoryClientOptions { BaseAddress = new Uri("https://localhost"), AllowAutoRedirect = false }
///         );
///
///         using HttpResponseMessage challenge = await browser.GetAsync("/photos");
///         using HttpResponseMessage signIn = await browser.GetAsync(challenge.Headers.Location);
///         Uri callback = await server.SignInAsync(signIn.Headers.Location!, new SignInOptions { UserName = "alice" });
///         using HttpResponseMessage signedIn = await browser.GetAsync(callback);
///         using HttpResponseMessage photos = await browser.GetAsync(signedIn.Headers.Location);
///
///         Assert.That(photos.StatusCode, Is.EqualTo(HttpStatusCode.OK));
///         Assert.That(await photos.Content.ReadAsStringAsync(), Does.Contain("Morning at the lake"));
///         Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));
///         Assert.That(api.Requests, Has.Count.EqualTo(1));
///     }
/// }
/// ]]></code>
/// </example>
public sealed partial class TestAuthorizationServer : IAsyncDisposable
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

    /// <summary>
    /// Gets the issuer identifier. Compare its <see cref="Uri.OriginalString"/>, which has no trailing slash (RFC 8414 §2). For a
    /// multi-tenant server, it is the identifier for discovery.
    /// </summary>
    public Uri Issuer { get; }

    /// <summary>Gets the authorization endpoint (RFC 6749 §3.1).</summary>
    public Uri AuthorizationEndpoint => new(_state.Address("/authorize"));

    /// <summary>Gets the token endpoint (RFC 6749 §3.2).</summary>
    public Uri TokenEndpoint => new(_state.Address("/token"));

    /// <summary>Gets the device authorization endpoint (RFC 8628 §3.1).</summary>
    public Uri DeviceAuthorizationEndpoint => new(_state.Address(Testing.DeviceAuthorizationEndpoint.Path));

    /// <summary>Gets the address of the page where a user enters the code of a device (RFC 8628 §3.3).</summary>
    public Uri DeviceVerificationUri => new(_state.Address(DeviceVerificationEndpoint.Path));

    /// <summary>Gets the revocation endpoint (RFC 7009 §2).</summary>
    public Uri RevocationEndpoint => new(_state.Address("/revoke"));

    /// <summary>Gets the introspection endpoint (RFC 7662 §2).</summary>
    public Uri IntrospectionEndpoint => new(_state.Address("/introspect"));

    /// <summary>Gets the UserInfo endpoint (OpenID Connect Core §5.3).</summary>
    public Uri UserInfoEndpoint => new(_state.Address("/userinfo"));

    /// <summary>Gets the end session endpoint (OpenID Connect RP-Initiated Logout §2).</summary>
    public Uri EndSessionEndpoint => new(_state.Address("/logout"));

    /// <summary>
    /// Gets the client registration endpoint (RFC 7591 §3). It responds with 404 unless
    /// <see cref="TestAuthorizationServerOptions.AllowRegistration"/> is set.
    /// </summary>
    public Uri RegistrationEndpoint => new(_state.Address("/register"));

    /// <summary>Gets the address of the JSON Web Key Set (RFC 7517 §5).</summary>
    public Uri JwksUri => new(_state.Address("/jwks"));

    /// <summary>
    /// Gets the certificate that clients must trust, without its private key; <see langword="null"/> unless
    /// <see cref="TestAuthorizationServerOptions.UseTls"/> is set. The certificate is self-signed and valid for <c>127.0.0.1</c> and
    /// <c>localhost</c>.
    /// </summary>
    public X509Certificate2? Certificate => _state.Certificates?.PublicCertificate;

    /// <summary>Gets the options. Unless an option states otherwise, a change takes effect on the next request.</summary>
    public TestAuthorizationServerOptions Options => _state.Options;

    /// <summary>Gets the faults of the server's endpoints.</summary>
    public FaultList Faults => _host.Faults;

    /// <summary>Gets a snapshot of the received requests in order of arrival.</summary>
    public IReadOnlyList<RecordedRequest> Requests => _host.Log.All();

    /// <summary>Starts a server on a free port of 127.0.0.1.</summary>
    /// <param name="configure">A delegate that sets the options before the start.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The running server. Dispose of it to stop it.</returns>
    /// <exception cref="ArgumentException">
    /// <see cref="TestAuthorizationServerOptions.PathBase"/> or <see cref="TestAuthorizationServerOptions.IssuerTemplate"/> does not start
    /// with a slash or ends with one, or the template has no placeholder for the tenant.
    /// </exception>
    public static async Task<TestAuthorizationServer> StartAsync(
        Action<TestAuthorizationServerOptions>? configure = null,
        CancellationToken cancellationToken = default
    )
    {
        TestAuthorizationServerOptions options = new();
        configure?.Invoke(options);
        if (options.PathBase is { Length: > 0 } path && !IsPath(path))
            throw new ArgumentException($"PathBase must start with a slash and must not end with one: '{path}'.", nameof(configure));
        if (
            options.IssuerTemplate is { } template
            && !(IsPath(template) && template.Contains(TestAuthorizationServerOptions.TenantPlaceholder, StringComparison.Ordinal))
        )
            throw new ArgumentException(
                $"IssuerTemplate must be a path that contains {TestAuthorizationServerOptions.TenantPlaceholder}: '{template}'.",
                nameof(configure)
            );
        CertificateAuthority? certificates = options.UseTls ? new() : null;
        return new(
            await LoopbackHost.StartAsync(
                () => options.TimeProvider,
                certificates?.Certificate,
                [ClientCertificateMode.NoCertificate, ClientCertificateMode.RequireCertificate],
                cancellationToken
            ),
            options,
            certificates
        );
    }

    /// <summary>Returns a snapshot of the requests to one endpoint in order of arrival.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <returns>The requests.</returns>
    public IReadOnlyList<RecordedRequest> RequestsTo(TestEndpoint endpoint) => _host.Log.To(endpoint);

    /// <summary>
    /// Waits until an endpoint has received the specified number of requests. The requests can still be without a response.
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="count">
    /// The number of requests, counted from the start of the server or from the last call of <see cref="ClearRequests"/>.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The request with the specified number.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than one.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public Task<RecordedRequest> WaitForRequestAsync(TestEndpoint endpoint, int count = 1, CancellationToken cancellationToken = default) =>
        _host.Log.WaitAsync(endpoint, count, cancellationToken);

    /// <summary>Removes all recorded requests.</summary>
    public void ClearRequests() => _host.Log.Clear();

    /// <summary>
    /// Starts a resource server that accepts the access tokens of this server, on its own port. Dispose of it separately.
    /// </summary>
    /// <param name="configure">A delegate that sets the options before the start.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The running resource server.</returns>
    public Task<TestResourceServer> StartResourceServerAsync(
        Action<TestResourceServerOptions>? configure = null,
        CancellationToken cancellationToken = default
    ) => TestResourceServer.StartAsync(_state, configure, cancellationToken);

    /// <summary>Revokes every grant with its codes and tokens, and removes every consent.</summary>
    public void RevokeEverything()
    {
        _state.Grants.RevokeEverything();
        _state.Sessions.ClearConsents();
    }

    /// <summary>Invalidates every access token that was issued so far, regardless of its lifetime. Refresh tokens stay valid.</summary>
    public void ExpireAccessTokens() => _state.Grants.ExpireAccessTokens();

    /// <summary>
    /// Creates new signing keys, one for each algorithm that the server or a client uses, and signs with them from now on.
    /// </summary>
    /// <param name="keepPrevious">
    /// <see langword="true"/> to keep the previous keys in the key set, so that ID Tokens signed with them can be validated; otherwise,
    /// <see langword="false"/>.
    /// </param>
    public void RotateSigningKey(bool keepPrevious = true) => _state.RotateKeys(keepPrevious);

    /// <summary>Stops the server and aborts pending requests.</summary>
    /// <returns>A task that completes when the port is closed.</returns>
    public async ValueTask DisposeAsync()
    {
        _browser.Dispose();
        _backChannelLogout.Dispose();
        await _host.DisposeAsync();
        _state.Certificates?.Dispose();
    }

    private static bool IsPath(string value) => value is ['/', .., not '/'];
}
