using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>Creates and owns the services of one client.</summary>
internal sealed class OAuthClientServices : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(10);

    private readonly AccessTokenRenewer renewer;
    private readonly GrantWriteQueue writes;

    public OAuthClientServices(IServiceProvider services, string name)
    {
        var configuration = new ClientConfigurationProvider(
            name,
            services.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>(),
            services.GetRequiredService<RedirectUriConflictDetector>()
        );
        var time = services.GetRequiredService<TimeProvider>();
        var store = services.GetRequiredService<IGrantStore>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category);

        var backChannel = new BackChannelClient(
            name,
            services.GetRequiredService<IHttpClientFactory>(),
            time,
            logger,
            services.GetKeyedService<ResiliencePipelineConfiguration>(name)
        );
        var keys = new DPoPKeyProvider(() => configuration.Current, time);
        Proofs = new(keys, time);
        ProofFactory = new(Proofs);
        var endpoints = new EndpointClient(backChannel, Proofs);
        var metadata = new ServerMetadataCache(backChannel, time);
        var signatures = new JwtSignatureValidator(new JwksCache(backChannel, time, logger));
        var idTokens = new IdTokenValidator(signatures, time);
        var endpoint = new RegistrationEndpointClient(endpoints, time);
        var persistence = new DynamicClientPersistence(configuration, services.GetRequiredService<IDynamicClientStore>(), logger);
        Registration = new(
            configuration,
            endpoint,
            new RegistrationLifecycle(configuration, metadata, endpoint, persistence, time, logger),
            persistence
        );
        var tokenEndpoint = new TokenEndpointClient(metadata, endpoints, keys, time, logger);
        var backoff = new RefreshBackoff();
        var interrupted = new InterruptedRefreshes();
        writes = new GrantWriteQueue(store, time, logger);
        var refreshes = new RecentRefreshFailures(time);
        var expirations = new RefreshTokenExpirations(time);
        Health = new ClientHealth(writes, store, refreshes, expirations);
        var metrics = services.GetRequiredService<OAuthClientMetrics>();
        metrics.ObserveUnsavedGrants(name, () => writes.UnsavedCount);
        var telemetry = new ClientTelemetry(name, metrics, refreshes, time);
        renewer = new AccessTokenRenewer(backoff, telemetry, time, logger);
        var remover = new GrantRemover(store, writes, backoff, interrupted, expirations);
        var revocation = new RevocationEndpointClient(endpoints);
        var refresher = new GrantRefresher(
            new RefreshTokenClient(metadata, tokenEndpoint, keys, idTokens, time, logger),
            writes,
            store,
            remover,
            new ForeignTokenRevoker(revocation, renewer, logger).RevokeInBackground,
            backoff,
            interrupted,
            expirations,
            telemetry,
            time,
            logger
        );
        var revoker = new GrantRevoker(metadata, revocation, renewer, store, remover, writes, interrupted, time, logger);

        Tokens = new AccessTokenProvider(
            configuration,
            new UserAccessTokenProvider(configuration, new GrantSelector(writes, backoff, time), refresher, renewer, store, time),
            new ClientCredentialsTokenProvider(
                configuration,
                tokenEndpoint,
                CreateSharedCache(services, name, keys, time, logger),
                new AccessTokenRenewer(new RefreshBackoff(ClientCredentialsTokenProvider.MaximumSelections), telemetry, time, logger),
                time
            ),
            telemetry,
            time
        );
        ClaimSources = new ClaimSourceReader(endpoints, signatures, configuration, metadata, time);
        Introspection = new(configuration, metadata, endpoints, signatures, time);
        var terminator = new SessionTerminator(store, remover, new RecentLogoutTokens(time), new ConsumedStates(time), logger);
        var sameUser = new SameUserRequirement();
        var issuer = new GrantIssuer(store, revoker, terminator, sameUser, expirations, time, logger);
        var userInfo = new UserInfoClient(configuration, metadata, Tokens, endpoints, signatures, store, time, logger);
        var flow = new AuthorizationCodeFlow(
            configuration,
            metadata,
            [new PushedRequestTransport(endpoints), new QueryRequestTransport()],
            [new JwtResponseDecoder(metadata, signatures, time), new PlainResponseDecoder()],
            tokenEndpoint,
            keys,
            idTokens,
            issuer,
            userInfo.FindAccountAsync,
            store,
            telemetry,
            time,
            logger
        );
        Client = new DefaultOAuthClient(configuration, flow, tokenEndpoint, Tokens, issuer, revoker, userInfo, store, time);
        Grants = new OAuthClientGrants(configuration, metadata, Tokens, idTokens, issuer, revoker, revocation, store, time);
        Device = new DeviceAuthorization(
            configuration,
            metadata,
            keys,
            new DeviceAuthorizationEndpointClient(endpoints, time),
            new DeviceCodeRedeemer(tokenEndpoint, idTokens, issuer, userInfo.FindAccountAsync, time, logger),
            telemetry
        );
        SignIn = new OpenIdSignIn(configuration, flow, new SignInSessions(configuration, sameUser, store, time));
        Logout = new OpenIdLogout(configuration, metadata, signatures, revoker, terminator, store, time, logger);
    }

    public AccessTokenProvider Tokens { get; }
    public DPoPProofs Proofs { get; }
    public DPoPProofFactory ProofFactory { get; }
    public ClaimSourceReader ClaimSources { get; }
    public IOAuthClient Client { get; }
    public OAuthClientGrants Grants { get; }
    public DeviceAuthorization Device { get; }
    public OpenIdSignIn SignIn { get; }
    public OpenIdLogout Logout { get; }
    public ClientHealth Health { get; }
    public TokenIntrospection Introspection { get; }
    public DynamicRegistration Registration { get; }

    /// <summary>Waits for refreshes and polls in progress, because their tokens must be saved.</summary>
    public async ValueTask DisposeAsync()
    {
        // The system clock, because the application's TimeProvider may be stopped.
        using var timeout = new CancellationTokenSource(ShutdownTimeout, TimeProvider.System);
        await Device.DrainAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await renewer.DrainAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await writes.DisposeAsync().ConfigureAwait(false);
    }

    [SuppressMessage(
        "Usage",
        "VSTHRD002:Avoid problematic synchronous waits",
        Justification = "A synchronously disposed service provider requires IDisposable."
    )]
    public void Dispose() => BackgroundWork.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    private static DistributedClientTokenCache? CreateSharedCache(
        IServiceProvider services,
        string name,
        DPoPKeyProvider keys,
        TimeProvider time,
        ILogger logger
    ) =>
        services.GetKeyedService<DistributedTokenProtection>(name) is { } protection
            ? new(
                name,
                services,
                services.GetService<IDistributedCache>()
                    ?? throw new InvalidOperationException(
                        "ShareClientTokens() needs an IDistributedCache, and none is registered; register one, for example with "
                            + "AddStackExchangeRedisCache(…)."
                    ),
                protection,
                keys,
                time,
                logger
            )
            : null;
}
