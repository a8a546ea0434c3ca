namespace OAuthClient;

public sealed partial class AccessTokenHandlerOptions
{
    /// <summary>The options that are logged when they are set.</summary>
    internal static readonly IReadOnlyList<DangerousOption<AccessTokenHandlerOptions>> Dangerous =
    [
        new(
            nameof(DangerouslyAllowCookies),
            o => o is { AllowsCookies: true, ServesManyOwners: true },
            "cookies of one owner can be sent with the access token of another (one HTTP client for each owner avoids it)"
        ),
        new(
            nameof(DangerouslyToHttp),
            o => o.HttpOrigins.Count > 0,
            "access tokens are sent over plain http, so other machines in that network can read and use them"
        ),
    ];

    private readonly List<Uri> httpOrigins = [];

    internal GrantAddress? GrantAddress { get; private set; }

    /// <summary>Gets the origins of <see cref="DangerouslyToHttp"/>.</summary>
    internal IReadOnlyList<Uri> HttpOrigins => httpOrigins;

    /// <summary>
    /// Allows an origin with plain <c>http</c>, for an API within a network that the application trusts, such as the network of a cluster.
    /// A reader of the traffic there can use the tokens. A warning is logged once.
    /// </summary>
    /// <param name="origin">
    /// The scheme, host and port, such as <c>http://orders:8080</c>. With <see cref="AllowServiceDiscovery"/> also the name of a service,
    /// such as <c>http://orders</c> or <c>https+http://orders</c>, whose instances may then use plain http.
    /// </param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException"><paramref name="origin"/> is not an origin with the scheme <c>http</c>.</exception>
    public AccessTokenHandlerOptions DangerouslyToHttp(string origin)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(origin);
        if (
            FindOrigin(origin) is not { } uri
            || !(uri.Scheme == Uri.UriSchemeHttp || IsToBeResolved(uri))
            || string.IsNullOrEmpty(EndpointSecurity.HostOf(uri))
        )
            throw new ArgumentException(
                $"'{origin}' is not an origin with plain http. Write scheme, host and port, such as http://orders:8080.",
                nameof(origin)
            );
        httpOrigins.Add(uri);
        origins.Add(uri);
        return this;
    }

    /// <summary>The address for <c>BaseAddress</c> where the address of the API comes from the grant. The handler replaces it.</summary>
    public static readonly Uri GrantBaseAddress = GrantAddress.Placeholder;

    /// <summary>
    /// Sends the requests to the address that the server stated with the token, such as <c>instance_url</c>. Set <c>BaseAddress</c> of the
    /// HTTP client to <see cref="GrantBaseAddress"/>, and use relative addresses.
    /// </summary>
    /// <remarks>
    /// The request then carries the token of the same grant: the one that <c>request.SetGrantId(…)</c> chooses, or else the owner's newest.
    /// A request of a grant without an address within the pattern is not sent.
    /// </remarks>
    /// <param name="address">
    /// Returns the address, such as <c>grant.TokenResponseMembers["instance_url"].Reveal()</c>. Its path, if it has one, precedes that of
    /// the request. The grant has no <see cref="Grant.UntrustedCallbackParameters"/> here: use the other overload for those.
    /// </param>
    /// <param name="within">
    /// The pattern that the address must match, such as <c>https://*.my.salesforce.com</c>. The asterisk stands for one label or more. All
    /// hosts below the domain must belong to the operator of the API. A domain of a hosting provider, whose customers register hosts
    /// below it (<c>github.io</c>), is no such domain; the well-known ones are refused.
    /// </param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException"><paramref name="within"/> is not a pattern, or is one of a top-level domain or a hosting
    /// provider.</exception>
    /// <exception cref="InvalidOperationException">The address was already taken from the grant.</exception>
    public AccessTokenHandlerOptions To(Func<Grant, string?> address, string within)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentException.ThrowIfNullOrWhiteSpace(within);
        return With(new(address, AddressPattern.Parse(within, nameof(within)), among: null));
    }

    /// <summary>
    /// Sends the requests to one of the stated addresses, which a value of the grant selects, such as the region in a parameter of the
    /// callback. Set <c>BaseAddress</c> of the HTTP client to <see cref="GrantBaseAddress"/>, and use relative addresses.
    /// </summary>
    /// <param name="selector">Returns the value, such as <c>grant.UntrustedCallbackParameters["location"].Reveal()</c>.</param>
    /// <param name="among">The origins, by the values that select them.</param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">An address is not an origin with the scheme <c>https</c>.</exception>
    /// <exception cref="InvalidOperationException">The address was already taken from the grant.</exception>
    public AccessTokenHandlerOptions To(Func<Grant, string?> selector, IReadOnlyDictionary<string, string> among)
    {
        ArgumentNullException.ThrowIfNull(selector);
        ArgumentNullException.ThrowIfNull(among);
        return With(
            new(
                selector,
                within: null,
                among.ToDictionary(
                    pair => pair.Key,
                    pair =>
                        FindOrigin(pair.Value) is { } uri && EndpointSecurity.IsSafe(uri, allowHttpOnLoopback: true)
                            ? new AllowedOrigin(uri)
                            : throw new ArgumentException(
                                $"'{pair.Value}' is not an origin that an access token may be sent to. Write scheme, host and port, such "
                                    + "as https://api.eu.example.com.",
                                nameof(among)
                            )
                )
            )
        );
    }

    private AccessTokenHandlerOptions With(GrantAddress address)
    {
        if (GrantAddress is not null)
            throw new InvalidOperationException(
                "The address of the API is taken from the grant twice. An HTTP client has one such address; register two HTTP clients."
            );
        GrantAddress = address;
        return this;
    }
}
