namespace OAuthClient;

/// <summary>A request to an endpoint of the authorization server.</summary>
/// <param name="EndpointName">The name of the endpoint in messages.</param>
/// <param name="Endpoint">The address of the endpoint.</param>
internal sealed record BackChannelRequest(string EndpointName, Uri Endpoint)
{
    private readonly RetryMode? retryMode;

    private readonly HttpMethod? method;

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

    /// <summary>Gets the value of the Authorization header.</summary>
    public string? Authorization { get; init; }

    public string Accept { get; init; } = "application/json";

    /// <summary>Gets the maximum length of the response body in bytes, after decompression.</summary>
    public int MaximumResponseLength { get; init; } = 1024 * 1024;

    /// <summary>Gets a value indicating whether the request is that of a public client, for the advice in messages.</summary>
    public bool IsPublicClient { get; init; }

    /// <summary>Gets a value indicating whether the client authenticates with a certificate, for the advice in messages.</summary>
    public bool UsesCertificate { get; init; }

    /// <summary>Gets the secrets in the request, besides <see cref="ClientSecret"/>. They are removed from messages.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Gets the client secret. It is removed from messages.</summary>
    public ClientSecret? ClientSecret { get; init; }

    /// <summary>Returns the method and the address, without form and credentials.</summary>
    public override string ToString() => $"{Method} {ServerTextSanitizer.WithoutQuery(Endpoint)}";
}
