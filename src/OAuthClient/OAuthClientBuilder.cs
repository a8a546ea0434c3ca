using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Polly;

namespace OAuthClient;

/// <summary>A registered client, for what other packages and the application add to it.</summary>
public sealed class OAuthClientBuilder
{
    internal OAuthClientBuilder(string name, IServiceCollection services, IHttpClientBuilder backChannel)
    {
        Name = name;
        Services = services;
        BackChannel = backChannel;
    }

    /// <summary>The client's name; empty for the unnamed one.</summary>
    public string Name { get; }

    /// <summary>The service collection it was registered in.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// The HTTP client that talks to the authorization server: for a proxy, certificates, further handlers. Whatever is set
    /// here, it follows no redirect, keeps no cookie, and no handler can send a code or refresh token a second time. Requests reach the
    /// primary handler without the caller's execution context, so that they carry no baggage, whether of
    /// <see cref="System.Diagnostics.Activity"/> or of OpenTelemetry; the trace context (<c>traceparent</c>) is sent. A
    /// handler that you add here may still write such headers itself.
    /// </summary>
    public IHttpClientBuilder BackChannel { get; }

    /// <summary>
    /// Replaces the built-in retries and circuit breaker of the back channel by a Polly pipeline of your own; an empty one means neither.
    /// Whatever it does, the deadline and the server's <c>Retry-After</c> hold, and a code or refresh token that may have left is not
    /// sent again by it: its outcome is final. (A refresh of a stored grant presents its refresh token once more when the answer was lost;
    /// that is no matter of the pipeline.)
    /// </summary>
    /// <param name="configure">
    /// Called for each server that the client talks to, when it first does; and for each request whose content or time an outside caller
    /// can choose (a code, an extension grant, an introspection, a registration, a fetch of metadata or keys). Such a request has a
    /// pipeline of its own, so that the server's answers to it open no circuit for other requests. Create what one pipeline owns, such as
    /// a <c>CircuitBreakerStateProvider</c>, inside the delegate. The delegate runs again for each request that an outside caller chooses,
    /// so a rate or concurrency limiter must be a shared instance that is created outside of the delegate: a limiter that is created inside
    /// limits nothing.
    /// </param>
    public OAuthClientBuilder UseResilience(Action<ResiliencePipelineBuilder<HttpResponseMessage>> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.AddKeyedSingleton(Name, new ResiliencePipelineConfiguration(configure));
        return this;
    }

    /// <summary>
    /// Has the client register itself (RFC 7591) when it is first needed, in place of a <c>ClientId</c> that somebody got by hand. The
    /// credentials are kept by an <see cref="IDynamicClientStore"/>, for each server, and used again; the one in memory forgets them with
    /// the process. <see cref="DynamicRegistration"/> shows and changes what is registered.
    /// </summary>
    /// <param name="configure">What the client says of itself beside its options; it may say nothing.</param>
    public OAuthClientBuilder RegisterDynamically(Action<DynamicRegistrationOptions>? configure = null)
    {
        Services.Configure<OAuthClientOptions>(
            Name,
            o =>
            {
                o.DynamicRegistration ??= new();
                configure?.Invoke(o.DynamicRegistration);
            }
        );
        Services.AddKeyedSingleton(Name, (provider, _) => provider.GetRequiredKeyedService<OAuthClientServices>(Name).Registration);
        Services.TryAddSingleton(provider =>
            provider.GetRequiredKeyedService<DynamicRegistration>(
                provider.GetRequiredService<OAuthClientRegistry>().ResolveDefault("inject [FromKeyedServices(\"{0}\")] DynamicRegistration")
            )
        );
        return this;
    }

    /// <summary>
    /// Presents a certificate to the authorization server: to authenticate with (RFC 8705 §2; unless there is a secret or
    /// <c>ClientAuthentication</c> says otherwise), and to be the one whom access tokens are bound to (§3). The server's
    /// <c>mtls_endpoint_aliases</c> (§5) take the place of its discovered endpoints.
    /// </summary>
    /// <param name="certificate">
    /// Gives the certificate with its private key; asked for each new connection, so that a renewed one is in use within minutes, and on any
    /// thread. It is not disposed of. A primary handler of the back channel that is no <see cref="SocketsHttpHandler"/> has to
    /// present it itself.
    /// </param>
    public OAuthClientBuilder UseClientCertificate(Func<IServiceProvider, X509Certificate2> certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        Services
            .AddOptions<OAuthClientOptions>(Name)
            .Configure<IServiceProvider>((o, services) => o.ClientCertificate = () => certificate(services));
        return this;
    }

    /// <summary>
    /// Shares the client's own access tokens (client credentials, RFC 6749 §4.4) with the application's other nodes by its
    /// <c>IDistributedCache</c>, encrypted; what the cache loses costs one token request. Refresh tokens and users' tokens never go there:
    /// such a cache can neither compare and set nor lease, so two nodes would spend the same refresh token, and the user's grant would be
    /// lost (RFC 9700 §4.14). They belong into an <see cref="IGrantStore"/>.
    /// </summary>
    /// <param name="protect">Encrypts and authenticates, with a key that all nodes have. It is given the application's services.</param>
    /// <param name="unprotect">Decrypts, and throws when the data were changed.</param>
    public OAuthClientBuilder ShareClientTokens(
        Func<IServiceProvider, byte[], byte[]> protect,
        Func<IServiceProvider, byte[], byte[]> unprotect
    )
    {
        ArgumentNullException.ThrowIfNull(protect);
        ArgumentNullException.ThrowIfNull(unprotect);
        Services.AddKeyedSingleton(Name, new DistributedTokenProtection(protect, unprotect));
        return this;
    }
}
