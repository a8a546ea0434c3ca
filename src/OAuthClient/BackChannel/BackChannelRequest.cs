namespace OAuthClient;

/// <summary>One request to an endpoint of the authorization server.</summary>
/// <param name="EndpointName">How messages call the endpoint.</param>
/// <param name="Endpoint">Its address.</param>
internal sealed record BackChannelRequest(string EndpointName, Uri Endpoint)
{
    private readonly RetryMode? stated;

    private readonly HttpMethod? method;

    /// <summary>What is posted; <see langword="null"/> for a GET.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Form { get; init; }

    /// <summary>JSON in place of a form.</summary>
    public byte[]? Json { get; init; }

    /// <summary>POST with a body and GET without one, unless it is said otherwise.</summary>
    public HttpMethod Method
    {
        get => method ?? (Form is null && Json is null ? HttpMethod.Get : HttpMethod.Post);
        init => method = value;
    }

    /// <summary>When it may be sent again. Unless it is said otherwise what is posted is taken to be spent by that.</summary>
    public RetryMode RetryMode
    {
        get => stated ?? (Method == HttpMethod.Get ? RetryMode.Idempotent : RetryMode.IfNotSent);
        init => stated = value;
    }

    /// <summary>
    /// Gets whether the server's answer may open the circuit, or set a pause (<c>Retry-After</c>), for other requests. The default is
    /// <see langword="false"/>: an outside caller who chooses the content or the time of a request, such as an authorization code, a token
    /// to introspect or a fetch of metadata, must not be able to hold up other requests. A connection that cannot be made always counts.
    /// </summary>
    public bool AffectsOtherRequests { get; init; }

    /// <summary>Is told when a form leaves that is spent by that, and may forbid it.</summary>
    public SendTracker? SendTracker { get; init; }

    /// <summary>The Authorization header's value.</summary>
    public string? Authorization { get; init; }

    public string Accept { get; init; } = "application/json";

    /// <summary>How many bytes the answer may have after decompression.</summary>
    public int MaximumResponseLength { get; init; } = 1024 * 1024;

    /// <summary>Whether it goes out as a public client's: the likeliest reason when the server does not know the client.</summary>
    public bool IsPublicClient { get; init; }

    /// <summary>Whether the certificate is what the client authenticates with.</summary>
    public bool UsesCertificate { get; init; }

    /// <summary>The values in it that no message may repeat, beside <see cref="ClientSecret"/>.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>What the client authenticates with, which no message may repeat either.</summary>
    public ClientSecret? ClientSecret { get; init; }

    /// <summary>Contains neither form nor credentials.</summary>
    public override string ToString() => $"{Method} {ServerTextSanitizer.WithoutQuery(Endpoint)}";
}
