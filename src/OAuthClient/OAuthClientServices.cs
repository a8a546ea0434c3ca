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

    private readonly UserAccessTokenProvider userAccessTokenProvider;
    private readonly GrantWriteQueue writes;

    public OAuthClientServices(IServiceProvider services, string name)
    {
        var configuration = new ClientConfigurationProvider(
            name,
            services.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>(),
            services.GetRequiredService<RedirectUriConflictDetector>()
        );
        ReadOptionsAhead(configuration, services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>());
        var time = services.GetRequiredService<TimeProvider>();
        var store = services.GetRequiredService<IGrantStore>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category);

        var backChannel = new BackChannelClient(
            name,
            services.GetRequiredService<IHttpClientFactory>(),
            configuration,
            time,
            logger,
            services.GetKeyedService<ResiliencePipelineConfiguration>(name)
        );
        var metadata = new ServerMetadataCache(backChannel, time);
        var signatures = new JwtSignatureValidator(new JwksCache(backChannel, time));
        var idTokens = new IdTokenValidator(signatures, time);
        var endpoint = new RegistrationEndpointClient(backChannel, time);
        var persistence = new DynamicClientPersistence(configuration, services.GetRequiredService<IDynamicClientStore>(), logger);
        Registration = new(
            configuration,
            endpoint,
            new RegistrationLifecycle(configuration, metadata, endpoint, persistence, time, logger),
            persistence
        );
        var tokenEndpoint = new TokenEndpointClient(backChannel, time, logger);
        var backoff = new RefreshBackoff();
        var interrupted = new InterruptedRefreshes();
        writes = new GrantWriteQueue(store, time, logger);
        var refreshes = new RecentRefreshFailures(time);
        Health = new ClientHealth(writes, store, refreshes);
        var metrics = services.GetRequiredService<OAuthClientMetrics>();
        metrics.ObserveUnsavedGrants(name, () => writes.UnsavedCount);
        var telemetry = new ClientTelemetry(name, metrics, refreshes, time);
        var refresher = new GrantRefresher(
            configuration,
            new RefreshTokenClient(metadata, tokenEndpoint, idTokens, time, logger),
            writes,
            store,
            backoff,
            interrupted,
            telemetry,
            time,
            logger
        );
        userAccessTokenProvider = new UserAccessTokenProvider(configuration, refresher, store, writes, backoff, telemetry, time, logger);
        var revoker = new GrantRevoker(
            configuration,
            metadata,
            new RevocationEndpointClient(backChannel),
            userAccessTokenProvider,
            store,
            writes,
            backoff,
            interrupted,
            time,
            logger
        );

        Tokens = new AccessTokenProvider(
            userAccessTokenProvider,
            new ClientCredentialsTokenProvider(
                configuration,
                metadata,
                tokenEndpoint,
                Shared(services, name, time, logger),
                telemetry,
                time,
                logger
            ),
            telemetry,
            time
        );
        ClaimSources = new ClaimSourceReader(backChannel, signatures, configuration, metadata, time);
        Introspection = new(configuration, metadata, backChannel, signatures, time);
        var terminator = new SessionTerminator(
            store,
            writes,
            backoff,
            interrupted,
            new RecentLogoutTokens(time),
            new ConsumedStates(time),
            logger
        );
        DefaultOAuthClient client = new(
            configuration,
            metadata,
            tokenEndpoint,
            idTokens,
            Tokens,
            revoker,
            terminator,
            new SignInValidator(configuration, store, time),
            new UserInfoEndpointClient(backChannel, signatures, time),
            store,
            telemetry,
            time
        );
        Client = client;
        SignIn = new OpenIdSignIn(client);
        Logout = new OpenIdLogout(
            configuration,
            metadata,
            new LogoutTokenValidator(signatures, time),
            revoker,
            terminator,
            store,
            time,
            logger
        );
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
        await userAccessTokenProvider.DrainAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await writes.DisposeAsync().ConfigureAwait(false);
    }

    [SuppressMessage(
        "Usage",
        "VSTHRD002:Avoid problematic synchronous waits",
        Justification = "A container that is disposed of synchronously refuses what cannot be."
    )]
    public void Dispose() => BackgroundWork.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    // Options are put together and checked when somebody first asks for them. In a process that has just started that takes a good part of
    // the time to its first request, and another processor can do it while this one goes on.
    private static void ReadOptionsAhead(ClientConfigurationProvider configuration, IOptionsMonitor<HttpClientFactoryOptions> handlers) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static ahead =>
            {
                try
                {
                    _ = ahead.configuration.Current;
                    _ = ahead.handlers.Get(BackChannelClient.ClientNamePrefix + ahead.configuration.Name);
                }
                catch (Exception)
                {
                    // Whoever asks meets it too, and can be told.
                }
            },
            (configuration, handlers),
            preferLocal: false
        );

    private static DistributedClientTokenCache? Shared(IServiceProvider services, string name, TimeProvider time, ILogger logger) =>
        services.GetKeyedService<DistributedTokenProtection>(name) is { } protection
            ? new(
                name,
                services,
                services.GetService<IDistributedCache>()
                    ?? throw new InvalidOperationException(
                        "ShareClientTokens() shares them by the application's IDistributedCache, and there is none; register one, for example by AddStackExchangeRedisCache(…)."
                    ),
                protection,
                time,
                logger
            )
            : null;
}
