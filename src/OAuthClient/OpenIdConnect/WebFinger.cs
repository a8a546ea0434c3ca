using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Finds the issuer for the identifier that a user enters: an e-mail address, an account or a web address (OpenID Connect Discovery §2, RFC
/// 7033). <c>AddWebFinger</c> registers it. The application decides whether it trusts the issuer. Instances are safe for concurrent use.
/// </summary>
public sealed class WebFinger
{
    private const string IssuerRelation = "http://openid.net/specs/connect/1.0/issuer";
    private const int MaximumLength = 64 * 1024;
    private const int MaximumLookups = 1000;

    private readonly BackChannelClient backChannel;
    private readonly ClientConfiguration configuration;
    private readonly TimeProvider time;
    private readonly BoundedCache<string, Lookup> lookups = new(MaximumLookups);

    internal WebFinger(IHttpClientFactory clients, WebFingerOptions options, TimeProvider time, ILogger logger)
    {
        backChannel = new(WebFingerOptions.ClientName, clients, time, logger);
        configuration = new(WebFingerOptions.ClientName, new() { DangerouslyAllowHttpOnLoopback = options.DangerouslyAllowHttpOnLoopback });
        this.time = time;
    }

    /// <summary>Finds the issuer for an identifier.</summary>
    /// <param name="identifier">
    /// The identifier that the user entered, such as <c>alice@example.com</c>, <c>acct:alice@example.com</c>, <c>example.com</c> or
    /// <c>https://example.com/alice</c>.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The issuer, in its original characters, as the value for <see cref="OAuthClientOptions.Issuer"/>.</returns>
    /// <exception cref="FormatException">The identifier is malformed. Show the message to the user.</exception>
    /// <exception cref="EndpointException">The host has no WebFinger endpoint, or does not know the identifier.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The response names no issuer, the issuer is not a safe address, or the host has a private address.
    /// </exception>
    /// <exception cref="HttpRequestException">The host cannot be reached.</exception>
    public async Task<Uri> FindIssuerAsync(string identifier, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        var (resource, origin) = WebFingerIdentifier.Normalise(identifier, configuration.Cleartext.AllowsLoopback);
        var request = new BackChannelRequest(
            "WebFinger endpoint",
            new($"{origin}/.well-known/webfinger?resource={Uri.EscapeDataString(resource)}&rel={Uri.EscapeDataString(IssuerRelation)}")
        )
        {
            Accept = "application/jrd+json, application/json",
            MaximumResponseLength = MaximumLength,
            // A user chooses the host, which must not receive several requests for one input.
            RetryMode = RetryMode.Never,
        };
        // Callers are usually anonymous users: concurrent lookups of one identifier share a request, and a failure is cached.
        var lookup = lookups.GetOrAdd(request.Endpoint.AbsoluteUri, _ => new(time, () => LookUpAsync(request, origin)));
        return await lookup.GetAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<Uri> LookUpAsync(BackChannelRequest request, string origin)
    {
        var response = await backChannel.SendAsync(request, configuration, CancellationToken.None).ConfigureAwait(false);
        var json = response.Json();
        if (response.StatusCode != HttpStatusCode.OK || json is not { } descriptor)
            throw new EndpointException(response.Failure(json));
        return Issuer(descriptor, origin);
    }

    private Uri Issuer(JsonElement descriptor, string origin)
    {
        string? href = descriptor.Member("links") is { ValueKind: JsonValueKind.Array } links
            ? links
                .EnumerateArray()
                .Where(link => link.ValueKind == JsonValueKind.Object && link.TextIfAny("rel") == IssuerRelation)
                .Select(link => link.TextIfAny("href"))
                .FirstOrDefault()
            : null;
        if (href is null)
            throw new OAuthProtocolException($"{origin} names no issuer for that identifier (OpenID Connect Discovery §2).");
        // OpenID Connect Discovery §2.1: https, without query and fragment.
        return
            Uri.TryCreate(href, UriKind.Absolute, out var issuer)
            && ServerEndpoint.IsSafe(issuer, configuration.Cleartext)
            && issuer.Query.Length == 0
            ? issuer
            : throw new OAuthProtocolException(
                $"{origin} names '{ServerTextSanitizer.Clean(href)}' as the issuer; an issuer must be an https address without user, query "
                    + "and fragment (OpenID Connect Discovery §2)."
            );
    }

    // An issuer is not cached: each later lookup asks the host again.
    private sealed class Lookup(TimeProvider time, Func<Task<Uri>> lookUp) : RevalidatedValue<Uri>(time, initial: null)
    {
        protected override Task<Uri> FetchAsync() => lookUp();

        protected override Freshness GetFreshness(Uri known) => Freshness.Expired;

        protected override bool IsOutage(Exception exception) => false;

        protected override Uri? Keep(Uri known, Exception exception) => null;
    }
}
