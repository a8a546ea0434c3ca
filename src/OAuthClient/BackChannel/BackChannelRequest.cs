namespace OAuthClient;

/// <summary>A request to an endpoint of the authorization server.</summary>
/// <param name="EndpointName">The name of the endpoint in messages.</param>
/// <param name="Endpoint">The address of the endpoint.</param>
internal sealed record BackChannelRequest(string EndpointName, Uri Endpoint)
{
    private readonly RetryMode? retryMode;

    private readonly HttpMethod? method;

    /// <summary>Creates a request to an endpoint of the server.</summary>
    /// <exception cref="OAuthException">The server has no such endpoint.</exception>
    public BackChannelRequest(ServerEndpoint endpoint, AuthorizationServerMetadata server)
        : this(endpoint.Name, server.Get(endpoint)) { }

    /// <summary>Gets the form; <see langword="null"/> if the request has none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Form { get; init; }

    /// <summary>Gets the JSON body, which replaces a form; <see langword="null"/> if the request has none.</summary>
    public byte[]? Json { get; init; }

    /// <summary>Gets the method. The default is POST with a body and GET without one.</summary>
    public HttpMethod Method
    {
        get => method ?? (Form is null && Json is null ? HttpMethod.Get : HttpMethod.Post);
        init => method = value;
    }

    /// <summary>Gets the retry mode. The default is <c>Idempotent</c> for GET and <c>IfNotSent</c> for other methods.</summary>
    public RetryMode RetryMode
    {
        get => retryMode ?? (Method == HttpMethod.Get ? RetryMode.Idempotent : RetryMode.IfNotSent);
        init => retryMode = value;
    }

    /// <summary>
    /// Gets a value indicating whether the response can open the circuit, or set a pause (<c>Retry-After</c>), for other requests. The
    /// default is <see langword="false"/>: an outside caller that chooses the content or the time of a request, such as an authorization
    /// code, a token to introspect or a request for metadata, must not be able to block other requests. A failed connection always counts.
    /// </summary>
    public bool AffectsOtherRequests { get; init; }

    /// <summary>Gets the tracker of whether the body was sent; <see langword="null"/> to use a new one.</summary>
    public SendTracker? SendTracker { get; init; }

    /// <summary>
    /// Gets or sets the delegate that authenticates the request. It is called for each attempt, so that an assertion or a proof is fresh.
    /// The default is <see langword="null"/>: the request is not authenticated.
    /// </summary>
    public Func<AuthenticatedRequest, CancellationToken, ValueTask>? Authenticate { get; set; }

    /// <summary>
    /// Gets the key whose possession the request proves (RFC 9449); <see langword="null"/> to send no proof. The proof is created for each
    /// attempt.
    /// </summary>
    public DPoPKey? ProofKey { get; init; }

    /// <summary>
    /// Gets or sets where the nonces of responses are kept; <see langword="null"/> if the request has no proof. A request whose proof lacks
    /// the current nonce is sent once more.
    /// </summary>
    public DPoPNonceCache? Nonces { get; set; }

    public string Accept { get; init; } = "application/json";

    /// <summary>Gets the maximum length of the response body in bytes, after decompression.</summary>
    public int MaximumResponseLength { get; init; } = 1024 * 1024;

    /// <summary>Gets or sets the end of the message about <c>invalid_client</c>; <see langword="null"/> for the general advice.</summary>
    public string? InvalidClientAdvice { get; set; }

    /// <summary>
    /// Gets the secrets in the request, besides those of <see cref="Authenticate"/> and of <see cref="FormSecrets"/>. They are removed from
    /// messages. A secret that the client does not have is <see langword="null"/>.
    /// </summary>
    public IReadOnlyList<string?> Secrets { get; init; } = [];

    /// <summary>Gets the name and the address of the endpoint for messages.</summary>
    public string DisplayName => $"{EndpointName} ({ServerTextSanitizer.WithoutQuery(Endpoint)})";

    /// <summary>Returns the method and the address, without form and credentials.</summary>
    public override string ToString() => $"{Method} {ServerTextSanitizer.WithoutQuery(Endpoint)}";
}
