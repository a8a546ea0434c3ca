using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace OAuthClient.Testing;

/// <summary>
/// Represents a protected API that accepts the access tokens of one <see cref="TestAuthorizationServer"/> and listens on its own loopback
/// port.
/// </summary>
/// <remarks>
/// <c>GET /me</c> returns the claims and scopes of the access token, <c>/echo</c> returns the received request, and <c>GET /photos</c>
/// returns a list of sample photos. Every request requires a valid access token.
/// </remarks>
public sealed class TestResourceServer : IAsyncDisposable
{
    private readonly LoopbackHost _host;
    private readonly ProtectedResource _resource;

    private TestResourceServer(LoopbackHost host, ServerState authorizationServer, TestResourceServerOptions options)
    {
        _host = host;
        Options = options;
        BaseAddress = new Uri(host.Authority);
        _resource = new ProtectedResource(authorizationServer, options, BaseAddress);
        host.Serve(_ => TestEndpoint.Resource, (request, _) => Task.FromResult(_resource.Answer(request)));
    }

    /// <summary>Gets the base address of the API, without a path.</summary>
    public Uri BaseAddress { get; }

    /// <summary>Gets the options. A change takes effect on the next request.</summary>
    public TestResourceServerOptions Options { get; }

    /// <summary>
    /// Gets a snapshot of the received requests in order of arrival. The endpoint of each is <see cref="TestEndpoint.Resource"/>.
    /// </summary>
    public IReadOnlyList<RecordedRequest> Requests => _host.Log.All();

    /// <summary>Gets the faults of the API. Add them for <see cref="TestEndpoint.Resource"/>.</summary>
    public FaultList Faults => _host.Faults;

    /// <summary>Waits until the specified number of requests has been received. The requests can still be without a response.</summary>
    /// <param name="count">
    /// The number of requests, counted from the start of the server or from the last call of <see cref="ClearRequests"/>.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The request with the specified number.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than one.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public Task<RecordedRequest> WaitForRequestAsync(int count = 1, CancellationToken cancellationToken = default) =>
        _host.Log.WaitAsync(TestEndpoint.Resource, count, cancellationToken);

    /// <summary>
    /// Replaces the nonce that proofs must contain (RFC 9449 §9), so that the next request with the previous one is refused.
    /// </summary>
    public void RotateDPoPNonce() => _resource.RotateNonce();

    /// <summary>Removes all recorded requests.</summary>
    public void ClearRequests() => _host.Log.Clear();

    /// <summary>Stops the server and aborts pending requests.</summary>
    /// <returns>A task that completes when the port is closed.</returns>
    public ValueTask DisposeAsync() => _host.DisposeAsync();

    internal static async Task<TestResourceServer> StartAsync(
        ServerState authorizationServer,
        Action<TestResourceServerOptions>? configure,
        CancellationToken cancellationToken
    )
    {
        TestResourceServerOptions options = new();
        configure?.Invoke(options);
        if (options.RequestClientCertificates && authorizationServer.Certificates is null)
            throw new ArgumentException(
                "RequestClientCertificates requires TLS. Set UseTls when the authorization server starts.",
                nameof(configure)
            );
        return new(
            await LoopbackHost.StartAsync(
                () => authorizationServer.Options.TimeProvider,
                authorizationServer.Certificates?.Certificate,
                [options.RequestClientCertificates ? ClientCertificateMode.AllowCertificate : ClientCertificateMode.NoCertificate],
                cancellationToken
            ),
            authorizationServer,
            options
        );
    }
}
