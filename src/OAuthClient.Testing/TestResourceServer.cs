namespace OAuthClient.Testing;

/// <summary>
/// An API that takes the access tokens of one <see cref="TestAuthorizationServer"/>, on a port of its own. <c>GET /me</c> tells about the
/// token, <c>/echo</c> gives back what arrived, <c>GET /photos</c> is a list of photos for samples. Everything needs a valid token.
/// </summary>
public sealed class TestResourceServer : IAsyncDisposable
{
    private readonly LoopbackHost _host;

    private TestResourceServer(LoopbackHost host, ServerState authorizationServer, TestResourceServerOptions options)
    {
        _host = host;
        Options = options;
        BaseAddress = new Uri(host.Authority);
        ProtectedResource resource = new(authorizationServer, options, BaseAddress);
        host.Serve(_ => TestEndpoint.Resource, (request, _) => Task.FromResult(resource.Answer(request)));
    }

    /// <summary>Its address, without a path.</summary>
    public Uri BaseAddress { get; }

    /// <summary>How it behaves.</summary>
    public TestResourceServerOptions Options { get; }

    /// <summary>The requests so far, in the order they arrived; a snapshot. All are to <see cref="TestEndpoint.Resource"/>.</summary>
    public IReadOnlyList<RecordedRequest> Requests => _host.Log.All();

    /// <summary>The faults put on it; its endpoint is <see cref="TestEndpoint.Resource"/>.</summary>
    public FaultList Faults => _host.Faults;

    /// <summary>Waits until so many requests have arrived; they need not have been answered.</summary>
    /// <param name="count">How many, counted from the start or from <see cref="ClearRequests"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The last of them.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is less than one.</exception>
    public Task<RecordedRequest> WaitForRequestAsync(int count = 1, CancellationToken cancellationToken = default) =>
        _host.Log.WaitAsync(TestEndpoint.Resource, count, cancellationToken);

    /// <summary>Forgets the requests so far.</summary>
    public void ClearRequests() => _host.Log.Clear();

    /// <summary>Stops the server; answers under way are cut off.</summary>
    /// <returns>When its port is closed.</returns>
    public ValueTask DisposeAsync() => _host.DisposeAsync();

    internal static async Task<TestResourceServer> StartAsync(
        ServerState authorizationServer,
        Action<TestResourceServerOptions>? configure,
        CancellationToken cancellationToken
    )
    {
        TestResourceServerOptions options = new();
        configure?.Invoke(options);
        return new(
            await LoopbackHost.StartAsync(
                () => authorizationServer.Options.TimeProvider,
                authorizationServer.Certificates?.Certificate,
                withClientCertificates: false,
                cancellationToken
            ),
            authorizationServer,
            options
        );
    }
}
