using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>Builds one registered client from its rooms, by hand: what depends on what is read here.</summary>
internal sealed class OAuthClientServices : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(10);

    private readonly UserAccessTokenProvider ownerTokens;
    private readonly GrantWriteQueue saved;

    public OAuthClientServices(IServiceProvider services, string name)
    {
        var registration = new ClientConfigurationProvider(
            name, services.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>(), services.GetRequiredService<RedirectUriConflictDetector>());
        ReadOptionsAhead(registration, services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>());
        var time = services.GetRequiredService<TimeProvider>();
        var store = services.GetRequiredService<IGrantStore>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category);

        var backChannel = new BackChannelClient(name, services.GetRequiredService<IHttpClientFactory>(), registration, time, logger, services.GetKeyedService<ResiliencePipelineConfiguration>(name));
        var discovery = new ServerMetadataCache(backChannel, time);
        var signatures = new JwtSignatureValidator(new JwksCache(backChannel, time));
        var idTokens = new IdTokenValidator(signatures, time);
        var endpoint = new RegistrationEndpointClient(backChannel, time);
        var kept = new DynamicClientPersistence(registration, services.GetRequiredService<IDynamicClientStore>(), logger);
        Registration = new(registration, endpoint, new RegistrationLifecycle(registration, discovery, endpoint, kept, time, logger), kept);
        var tokenEndpoint = new TokenEndpointClient(backChannel, time, logger);
        var notes = new RefreshBackoff();
        saved = new GrantWriteQueue(store, time, logger);
        Health = new ClientHealth(saved, store, time);
        var instruments = services.GetRequiredService<OAuthClientMetrics>();
        instruments.ObserveUnsavedGrants(name, () => saved.UnsavedCount);
        var telemetry = new ClientTelemetry(name, instruments, Health, time);
        var refresh = new GrantRefresher(
            registration, new RefreshTokenClient(discovery, tokenEndpoint, idTokens, time, logger), saved, store, notes, telemetry, time, logger);
        ownerTokens = new UserAccessTokenProvider(registration, refresh, store, saved, notes, telemetry, time, logger);
        var ending = new GrantRevoker(registration, discovery, new RevocationEndpointClient(backChannel), ownerTokens, store, saved, notes, time, logger);

        Tokens = new AccessTokenProvider(ownerTokens, new ClientCredentialsTokenProvider(registration, discovery, tokenEndpoint, Shared(services, name, time, logger), telemetry, time, logger), telemetry, time);
        ClaimSources = new ClaimSourceReader(backChannel, signatures, registration, discovery, time);
        Introspection = new(registration, discovery, backChannel, signatures, time);
        var sessions = new SessionTerminator(store, saved, notes, new RecentLogoutTokens(time), new ConsumedStates(time), logger);
        DefaultOAuthClient client = new(
            registration, discovery, tokenEndpoint, idTokens, Tokens, ending, sessions, new SignInValidator(registration, store, time),
            new UserInfoEndpointClient(backChannel, signatures, time), store, telemetry, time);
        Client = client;
        SignIn = new OpenIdSignIn(client);
        Logout = new OpenIdLogout(
            registration, discovery, new LogoutTokenValidator(signatures, time), ending, sessions, store, time, logger);
    }

    public AccessTokenProvider Tokens { get; }
    public ClaimSourceReader ClaimSources { get; }
    public IOAuthClient Client { get; }
    public OpenIdSignIn SignIn { get; }
    public OpenIdLogout Logout { get; }
    public ClientHealth Health { get; }
    public TokenIntrospection Introspection { get; }
    public DynamicRegistration Registration { get; }

    /// <summary>A refresh token that is at the server just now comes back as another: it is waited for, and saved.</summary>
    public async ValueTask DisposeAsync()
    {
        // By the machine's own clock: an application's may stand still.
        using var patience = new CancellationTokenSource(ShutdownTimeout, TimeProvider.System);
        await ownerTokens.DrainAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await saved.DisposeAsync().ConfigureAwait(false);
    }

    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "A container that is disposed of synchronously refuses what cannot be.")]
    public void Dispose() => BackgroundWork.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    // Options are put together and checked when somebody first asks for them. In a process that has just started that takes a good part of
    // the time to its first request, and another processor can do it while this one goes on.
    private static void ReadOptionsAhead(ClientConfigurationProvider registration, IOptionsMonitor<HttpClientFactoryOptions> handlers) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static ahead =>
            {
                try
                {
                    _ = ahead.registration.Current;
                    _ = ahead.handlers.Get(BackChannelClient.ClientNamePrefix + ahead.registration.Name);
                }
                catch (Exception)
                {
                    // Whoever asks meets it too, and can be told.
                }
            },
            (registration, handlers), preferLocal: false);

    private static DistributedClientTokenCache? Shared(IServiceProvider services, string name, TimeProvider time, ILogger logger) =>
        services.GetKeyedService<DistributedTokenProtection>(name) is { } protection
            ? new(
                name, services,
                services.GetService<IDistributedCache>() ?? throw new InvalidOperationException(
                    "ShareClientTokens() shares them by the application's IDistributedCache, and there is none; register one, for example by AddStackExchangeRedisCache(…)."),
                protection, time, logger)
            : null;
}
