using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// An application that uses the library, the server it is registered at, and an API that accepts that server's tokens: each on its own
/// port, all on one clock that the test controls.
/// </summary>
internal sealed class RelyingParty : IAsyncDisposable
{
    public const string Name = "conformance";
    public static readonly GrantOwner Owner = GrantOwner.User("42");
    public const string Secret = "a-secret-that-is-long-enough-for-HS256";
    public const string Callback = "http://127.0.0.1:5005/callback";
    public const string SignedOut = "http://127.0.0.1:5005/signed-out";

    private readonly ServiceProvider provider;

    private RelyingParty(TestAuthorizationServer server, TestResourceServer api, ManualTimeProvider clock, ServiceProvider provider)
    {
        Server = server;
        Api = api;
        Clock = clock;
        this.provider = provider;
    }

    public TestAuthorizationServer Server { get; }
    public TestResourceServer Api { get; }
    public ManualTimeProvider Clock { get; }
    public IServiceProvider Services => provider;
    public IOAuthClient Client => Service<IOAuthClient>();

    /// <summary>Gets the distinct endpoints that the library called, without those that the browser visits.</summary>
    public IEnumerable<TestEndpoint> Called =>
        Server
            .Requests.Select(request => request.Endpoint)
            .Distinct()
            .Where(endpoint =>
                endpoint is not (TestEndpoint.Authorization or TestEndpoint.Login or TestEndpoint.Consent or TestEndpoint.EndSession)
            );

    /// <param name="options">Changes the registration, which is complete without it.</param>
    /// <param name="registered">The client as the server knows it.</param>
    /// <param name="server">Changes the server before it starts.</param>
    /// <param name="register">Adds more services, after <c>AddOAuthClient</c>.</param>
    public static async Task<RelyingParty> StartAsync(
        Action<OAuthClientOptions>? options = null,
        TestClient? registered = null,
        Action<TestAuthorizationServerOptions>? server = null,
        Action<OAuthClientBuilder>? register = null
    )
    {
        ManualTimeProvider clock = new();
        var running = await TestAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = clock;
            server?.Invoke(o);
        });
        running.AddClient(registered ?? Registered());
        var api = await running.StartResourceServerAsync();

        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(clock);
        var builder = services.AddOAuthClient(
            Name,
            o =>
            {
                o.Issuer = running.Issuer;
                o.ClientId = Name;
                o.ClientSecret = Secret;
                o.RedirectUri = new(Callback);
                o.Scopes = ["openid", "profile", "offline_access"];
                o.DangerouslyAllowHttpOnLoopback = true;
                options?.Invoke(o);
            }
        );
        register?.Invoke(builder);
        var http = services
            .AddHttpClient("api", http => http.BaseAddress = api.BaseAddress)
            .AddAccessTokenHandler(Name, t => t.ForOwner(Owner).To(api.BaseAddress));
        if (running.Certificate is { } certificate)
        {
            foreach (var client in new[] { builder.BackChannel, http })
                client.ConfigurePrimaryHttpMessageHandler(() => Trusting(certificate));
        }
        return new RelyingParty(running, api, clock, services.BuildServiceProvider());
    }

    /// <summary>Creates the client as the server knows it.</summary>
    /// <param name="idToken">Its <c>id_token_signed_response_alg</c>.</param>
    /// <param name="userInfo">Its <c>userinfo_signed_response_alg</c>.</param>
    /// <param name="authentication">Its <c>token_endpoint_auth_method</c>.</param>
    public static TestClient Registered(string? idToken = null, string? userInfo = null, string? authentication = null) =>
        new()
        {
            ClientId = Name,
            ClientSecret = Secret,
            RedirectUris = { Callback },
            PostLogoutRedirectUris = { SignedOut },
            IdTokenSigningAlgorithm = idToken,
            UserInfoSigningAlgorithm = userInfo,
            AuthenticationMethod = authentication,
        };

    /// <summary>Removes the credentials, for a client that the server does not know yet.</summary>
    public static void Unregistered(OAuthClientOptions options) => (options.ClientId, options.ClientSecret) = ("", null);

    /// <summary>Disables retries for a test of one request, so that no delay waits for the clock.</summary>
    public static void SendOnce(OAuthClientBuilder builder) => builder.UseResilience(_ => { });

    public T Service<T>()
        where T : notnull => provider.GetRequiredKeyedService<T>(Name);

    /// <summary>Completes an authorization and returns its grant.</summary>
    public async Task<Grant> SignInAsync(AuthorizationParameters? parameters = null, SignInOptions? how = null)
    {
        var pending = await Client.BeginAuthorizationAsync(parameters).Promptly();
        return await CompleteAsync(pending, await Server.SignInAsync(pending.AuthorizationUri, how));
    }

    public Task<Grant> CompleteAsync(PendingAuthorization pending, Uri callback) =>
        Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), Owner).Promptly();

    /// <summary>Sends a request of the application to its API.</summary>
    public Task<string> CallApiAsync() =>
        provider.GetRequiredService<IHttpClientFactory>().CreateClient("api").GetStringAsync("/me").Promptly();

    /// <summary>Returns the stored grants of the user.</summary>
    public async Task<IReadOnlyList<Grant>> StoredAsync() =>
        await provider.GetRequiredService<IGrantStore>().FindAsync(Name, Owner, CancellationToken.None);

    /// <summary>Requires that the flow completes and the resource accepts the token.</summary>
    public async Task<Grant> AcceptsLoginAsync()
    {
        var grant = await SignInAsync();
        await ReachesApiAsync(grant);
        return grant;
    }

    public async Task ReachesApiAsync(Grant grant)
    {
        Assert.That(await CallApiAsync(), Does.Contain("\"sub\":\"alice\""));
        Assert.That(Api.Requests[^1].Headers["Authorization"], Is.EqualTo($"{grant.AccessToken!.TokenType} {grant.AccessToken.Reveal()}"));
    }

    /// <summary>
    /// Requires that the flow fails with an exception that names the cause, with no later request and no stored grant, and that it
    /// succeeds without the defect.
    /// </summary>
    /// <param name="defect">The defect.</param>
    /// <param name="cause">Part of the exception message.</param>
    /// <param name="last">The endpoint of the last request, which is sent once: token, authorization or metadata.</param>
    public async Task RejectsAsync(Defect defect, string cause, TestEndpoint last = TestEndpoint.Token)
    {
        Server.Options.Defect = defect;
        Assert.That(async () => await SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(cause));
        await RequireLastCallAsync(last);
        Server.Options.Defect = Defect.None;
        // Rejected metadata are not requested again for a few seconds.
        if (last == TestEndpoint.Metadata)
            Clock.Advance(TimeSpan.FromSeconds(5));
        await AcceptsLoginAsync();
    }

    /// <summary>
    /// Requires that the login ended with a request to this endpoint, and left nothing that a request to the API could use.
    /// </summary>
    public async Task RequireLastCallAsync(TestEndpoint last)
    {
        TestEndpoint[] before =
            last == TestEndpoint.Metadata ? [] : [TestEndpoint.Metadata, TestEndpoint.Jwks, TestEndpoint.PushedAuthorization];
        Assert.That(Called, Is.SubsetOf([.. before, last]));
        Assert.That(Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(last == TestEndpoint.Token ? 1 : 0));
        Assert.That(await StoredAsync(), Is.Empty);
        Assert.That(CallApiAsync, Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(Api.Requests, Is.Empty);
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        await Api.DisposeAsync();
        await Server.DisposeAsync();
    }

    private static SocketsHttpHandler Trusting(X509Certificate2 certificate) =>
        new()
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, presented, _, _) =>
                    presented?.GetCertHashString() == certificate.GetCertHashString(),
            },
        };
}
