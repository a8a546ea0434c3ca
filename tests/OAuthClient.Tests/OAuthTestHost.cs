using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>A real authorization server and a client registered there. Both use one clock that only the test advances.</summary>
internal sealed class OAuthTestHost : IAsyncDisposable
{
    public const string ClientName = "photos";
    public const string ClientSecret = "photos-secret-that-no-message-repeats";
    public const string Callback = "http://127.0.0.1:5005/callback";

    private readonly ServiceProvider provider;
    private readonly TestResourceServer? api;

    private OAuthTestHost(
        TestAuthorizationServer server,
        ManualTimeProvider clock,
        RecordedLog log,
        TestResourceServer? api,
        ServiceProvider services
    )
    {
        Server = server;
        Clock = clock;
        Log = log;
        this.api = api;
        provider = services;
    }

    public TestAuthorizationServer Server { get; }
    public ManualTimeProvider Clock { get; }
    public RecordedLog Log { get; }
    public TestResourceServer Api => api ?? throw new InvalidOperationException("Start the host with an API.");
    public HttpClient Http => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api");
    public IServiceProvider Services => provider;
    public IOAuthClient Client => provider.GetRequiredKeyedService<IOAuthClient>(ClientName);
    public IGrantStore Store => provider.GetRequiredService<IGrantStore>();
    public int TokenRequests => Server.RequestsTo(TestEndpoint.Token).Count;

    /// <summary>Configures an HTTP client that calls the API for the owner 42.</summary>
    public static void ForOwner(IHttpClientBuilder http, TestResourceServer api) =>
        http.AddAccessTokenHandler(ClientName, t => t.ForOwner(GrantOwner.User("42")).To(api.BaseAddress));

    /// <param name="options">Changes the client options, which are complete without it.</param>
    /// <param name="register">Registers additional services after <c>AddOAuthClient</c>.</param>
    /// <param name="registerFirst">Registers additional services before <c>AddOAuthClient</c>.</param>
    /// <param name="server">Changes the options of the server before it starts.</param>
    /// <param name="api">Configures the HTTP client that calls an API. The API is started only when this is set.</param>
    /// <param name="retries">
    /// Whether the built-in retries and circuit breaker are used. Without them a test can count requests, and no delay waits for the clock.
    /// </param>
    public static async Task<OAuthTestHost> StartAsync(
        Action<OAuthClientOptions>? options = null,
        Action<OAuthClientBuilder>? register = null,
        Action<IServiceCollection>? registerFirst = null,
        Action<TestAuthorizationServerOptions>? server = null,
        Action<IHttpClientBuilder, TestResourceServer>? api = null,
        bool retries = false
    )
    {
        ManualTimeProvider clock = new();
        var running = await TestAuthorizationServer.StartAsync(o =>
        {
            o.TimeProvider = clock;
            server?.Invoke(o);
        });
        running.AddClient(
            new TestClient
            {
                ClientId = ClientName,
                ClientSecret = ClientSecret,
                RedirectUris = { Callback },
            }
        );

        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(clock);
        RecordedLog log = new();
        services.AddSingleton<ILoggerProvider>(log);
        registerFirst?.Invoke(services);
        var builder = services.AddOAuthClient(
            ClientName,
            o =>
            {
                o.Issuer = running.Issuer;
                o.ClientId = ClientName;
                o.ClientSecret = ClientSecret;
                o.RedirectUri = new(Callback);
                o.Scopes = ["api", "photos.read"];
                o.DangerouslyAllowHttpOnLoopback = true;
                options?.Invoke(o);
            }
        );
        if (!retries)
            builder.UseResilience(_ => { });
        register?.Invoke(builder);
        TestResourceServer? resource = null;
        if (api is not null)
        {
            resource = await running.StartResourceServerAsync();
            api(services.AddHttpClient("api", http => http.BaseAddress = resource.BaseAddress), resource);
        }
        return new OAuthTestHost(running, clock, log, resource, services.BuildServiceProvider());
    }

    /// <summary>Completes the authorization code flow for one owner.</summary>
    public async Task<Grant> SignInAsync(string owner = "42", AuthorizationParameters? parameters = null, SignInOptions? how = null)
    {
        var pending = await Client.BeginAuthorizationAsync(parameters);
        var callback = await Server.SignInAsync(pending.AuthorizationUri, how);
        return await Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User(owner));
    }

    /// <summary>Completes the authorization code flow and clears the recorded requests.</summary>
    public async Task<Grant> SignedInAsync(string owner = "42", AuthorizationParameters? parameters = null, SignInOptions? how = null)
    {
        var grant = await SignInAsync(owner, parameters, how);
        Server.ClearRequests();
        return grant;
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        if (api is not null)
            await api.DisposeAsync();
        await Server.DisposeAsync();
    }
}
