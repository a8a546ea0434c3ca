using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Polly;

namespace OAuthClient;

/// <summary>Configures a client that <c>AddOAuthClient</c> registered. Other packages extend it with methods of their own.</summary>
public sealed class OAuthClientBuilder
{
    internal OAuthClientBuilder(string name, IServiceCollection services, IHttpClientBuilder backChannel)
    {
        Name = name;
        Services = services;
        BackChannel = backChannel;
    }

    /// <summary>Gets the client's name; empty for the unnamed client.</summary>
    public string Name { get; }

    /// <summary>Gets the service collection in which the client is registered.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Gets the builder of the HTTP client that sends requests to the authorization server, to configure a proxy, certificates, the header
    /// <c>User-Agent</c> or further handlers.
    /// </summary>
    /// <remarks>
    /// Regardless of the configuration, the HTTP client follows no redirect and keeps no cookie, and no handler can send a code or refresh
    /// token a second time. Requests reach the primary handler without the caller's execution context, so they carry the trace context
    /// (<c>traceparent</c>) and no baggage of <see cref="System.Diagnostics.Activity"/> or OpenTelemetry. A handler that is added here can
    /// still write such headers.
    /// </remarks>
    public IHttpClientBuilder BackChannel { get; }

    /// <summary>
    /// Replaces the built-in retries and circuit breaker of the back channel by a Polly pipeline. An empty pipeline turns both off.
    /// </summary>
    /// <remarks>
    /// The deadline and the server's <c>Retry-After</c> apply with any pipeline. The pipeline cannot send a code or refresh token again
    /// that may have been sent. A refresh of a stored grant presents its refresh token once more after a lost response; this is independent
    /// of the pipeline.
    /// </remarks>
    /// <param name="configure">
    /// Configures a pipeline. It is called once for each server that the client connects to, and again for each request other than a
    /// refresh, a client credentials request or a poll, because outside callers can choose the content or the time of such a request. It
    /// has a pipeline of its own, so that its responses open no circuit for other requests. Create objects that belong to one
    /// pipeline, such as a <c>CircuitBreakerStateProvider</c>, inside the delegate. Create a rate or concurrency limiter outside of it,
    /// because a limiter that is created inside limits nothing.
    /// </param>
    /// <returns>This builder.</returns>
    public OAuthClientBuilder UseResilience(Action<ResiliencePipelineBuilder<HttpResponseMessage>> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.AddKeyedSingleton(Name, new ResiliencePipelineConfiguration(configure));
        return this;
    }

    /// <summary>
    /// Registers the client at the server when it is first needed (RFC 7591), instead of using a configured
    /// <see cref="OAuthClientOptions.ClientId"/>.
    /// </summary>
    /// <remarks>
    /// An <see cref="IDynamicClientStore"/> stores the credentials for each server. The default store keeps them in memory, so the client
    /// is registered again after a restart. <see cref="DynamicRegistration"/> reads, updates and deletes the registration.
    /// </remarks>
    /// <param name="configure">Sets client metadata that the options do not contain.</param>
    /// <returns>This builder.</returns>
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
        RegisteredOAuthClientFactory.AddInjectedPart(Services, Name, client => client.Registration);
        return this;
    }

    /// <summary>
    /// Presents a certificate to the authorization server. It authenticates the client (RFC 8705 §2) unless there is a client secret or
    /// <see cref="OAuthClientOptions.ClientAuthentication"/> has another value, and access tokens can be bound to it (§3).
    /// </summary>
    /// <remarks>
    /// The server's <c>mtls_endpoint_aliases</c> (RFC 8705 §5) take precedence over its other discovered endpoints. For an API, call
    /// <see cref="AccessTokenHandlerOptions.WithClientCertificate"/>.
    /// </remarks>
    /// <param name="certificate">
    /// Returns the certificate with its private key. It is called for each new connection on any thread, so that a renewed certificate is
    /// in use within minutes. The certificate is not disposed of. A primary handler of the back channel that is not a
    /// <see cref="SocketsHttpHandler"/> must present the certificate itself.
    /// </param>
    /// <returns>This builder.</returns>
    public OAuthClientBuilder UseClientCertificate(Func<IServiceProvider, X509Certificate2> certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        Services
            .AddOptions<OAuthClientOptions>(Name)
            .Configure<IServiceProvider>((o, services) => o.ClientCertificate = () => certificate(services));
        return this;
    }

    /// <summary>
    /// Authenticates the client by assertions that a key of the application's signs (<c>private_key_jwt</c>, RFC 7523 §2.2). For a key in
    /// the options set <see cref="OAuthClientOptions.ClientAssertion"/> instead.
    /// </summary>
    /// <param name="signer">
    /// Returns the key, such as one in a key vault or hardware module, or a <see cref="SigningKey"/>. It is called for each assertion, on
    /// any thread, so that a replaced key is in use at once. Return the same object until the key is replaced.
    /// </param>
    /// <returns>This builder.</returns>
    public OAuthClientBuilder UseClientSigner(Func<IServiceProvider, ISigner> signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        Services.AddOptions<OAuthClientOptions>(Name).Configure<IServiceProvider>((o, services) => o.ClientSigner = () => signer(services));
        return this;
    }

    /// <summary>
    /// Authenticates the client by assertions that the platform provides, such as a service account token (workload identity federation,
    /// RFC 7523 §2.2).
    /// </summary>
    /// <param name="assertion">
    /// Returns the assertion. It is called for each attempt of a request, on any thread, so that a renewed assertion is in use at once.
    /// </param>
    /// <returns>This builder.</returns>
    public OAuthClientBuilder UseClientAssertion(Func<IServiceProvider, CancellationToken, ValueTask<string>> assertion)
    {
        ArgumentNullException.ThrowIfNull(assertion);
        Services
            .AddOptions<OAuthClientOptions>(Name)
            .Configure<IServiceProvider>((o, services) => o.ClientAssertionProvider = cancellation => assertion(services, cancellation));
        return this;
    }

    /// <summary>Authenticates the client by the assertion in a file, which the platform renews (RFC 7523 §2.2).</summary>
    /// <param name="path">The path of the file. It is read for each attempt of a request. White space at its ends is ignored.</param>
    /// <returns>This builder.</returns>
    public OAuthClientBuilder UseClientAssertionFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return UseClientAssertion(
            async (_, cancellationToken) =>
            {
                string assertion = (await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false)).Trim();
                return assertion.Length > 0
                    ? assertion
                    : throw new OAuthException(
                        $"The file '{path}' of UseClientAssertionFile is empty, so no request was sent; check that the platform writes the "
                            + "assertion to this path."
                    );
            }
        );
    }

    /// <summary>Sets a client secret that changes, such as one that a key vault renews (RFC 6749 §2.3.1).</summary>
    /// <param name="secret">
    /// Returns the secret. It is called for each attempt of a request, on any thread, so that a renewed secret is in use at once; cache it
    /// where reading it takes time.
    /// </param>
    /// <returns>This builder.</returns>
    public OAuthClientBuilder UseClientSecret(Func<IServiceProvider, CancellationToken, ValueTask<string>> secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        Services
            .AddOptions<OAuthClientOptions>(Name)
            .Configure<IServiceProvider>(
                (o, services) =>
                    o.ClientSecretProvider = async cancellation => new(await secret(services, cancellation).ConfigureAwait(false))
            );
        return this;
    }

    /// <summary>
    /// Sets a client secret that is a JWT which a key of the application's signs, as Apple requires. Each request has a new one, so it
    /// never expires.
    /// </summary>
    /// <param name="signer">Returns the key, with the key identifier that the server has registered.</param>
    /// <param name="issuer">The issuer of the JWT, such as the identifier of the developer's team (<c>iss</c>).</param>
    /// <param name="audience">The audience of the JWT, such as <c>https://appleid.apple.com</c> (<c>aud</c>).</param>
    /// <returns>This builder.</returns>
    public OAuthClientBuilder UseSignedClientSecret(Func<IServiceProvider, ISigner> signer, string issuer, string audience)
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentException.ThrowIfNullOrEmpty(issuer);
        ArgumentException.ThrowIfNullOrEmpty(audience);
        Services
            .AddOptions<OAuthClientOptions>(Name)
            .Configure<IServiceProvider>(
                (o, services) =>
                    o.ClientSecretProvider = cancellation =>
                        SignedClientSecret.CreateAsync(
                            signer(services),
                            issuer,
                            o.ClientId,
                            audience,
                            services.GetRequiredService<TimeProvider>().GetUtcNow(),
                            cancellation
                        )
            );
        return this;
    }

    /// <summary>
    /// Binds tokens to a key that the application holds, such as one in a key vault or hardware module (DPoP, RFC 9449), and sets
    /// <see cref="DPoPOptions.Enabled"/>. Without it the library creates the keys and stores them with the grants.
    /// </summary>
    /// <param name="signer">
    /// Returns the key, on any thread. Return the same object until the key is replaced. The refresh tokens of a public client stay bound
    /// to the key with which they were requested (RFC 9449 §5), so its users must authorize it again after a replacement.
    /// </param>
    /// <returns>This builder.</returns>
    public OAuthClientBuilder UseDPoPSigner(Func<IServiceProvider, ISigner> signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        Services
            .AddOptions<OAuthClientOptions>(Name)
            .Configure<IServiceProvider>((o, services) => (o.DPoP.Enabled, o.DPoPSigner) = (true, () => signer(services)));
        return this;
    }

    /// <summary>
    /// Trusts an authorization server whose certificate a private certificate authority issued. The authorities of the system are trusted
    /// too. Names and validity periods are validated as always.
    /// </summary>
    /// <remarks>
    /// For an API, call the method of the same name on the builder of the HTTP client
    /// (<see cref="CertificateAuthorityExtensions.TrustCertificateAuthority"/>).
    /// </remarks>
    /// <param name="pemFile">The path of a PEM file with one or more root certificates. It is read now.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The file contains no certificate, or a malformed one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public OAuthClientBuilder TrustCertificateAuthority(string pemFile)
    {
        BackChannel.TrustCertificateAuthority(pemFile);
        return this;
    }

    /// <summary>
    /// Shares the client's own access tokens (client credentials, RFC 6749 §4.4) with the application's other nodes in the application's
    /// <c>IDistributedCache</c>, encrypted. An entry that the cache loses costs one token request.
    /// </summary>
    /// <remarks>
    /// Refresh tokens and users' access tokens are never stored there, because such a cache supports neither compare-and-set nor leases:
    /// two nodes would present the same refresh token, and the user would lose the grant (RFC 9700 §4.14). They are stored in an
    /// <see cref="IGrantStore"/>.
    /// </remarks>
    /// <param name="protect">Encrypts and authenticates the data with a key that all nodes have.</param>
    /// <param name="unprotect">Decrypts the data, and throws if they were changed.</param>
    /// <returns>This builder.</returns>
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
