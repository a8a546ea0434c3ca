using System.Net;
using System.Runtime.ExceptionServices;
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
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly IHttpClientFactory clients;
    private readonly WebFingerOptions options;
    private readonly TimeProvider time;
    private readonly SingleFlight<string, Uri> lookups;

    internal WebFinger(IHttpClientFactory clients, WebFingerOptions options, TimeProvider time, ILogger logger)
    {
        (this.clients, this.options, this.time) = (clients, options, time);
        lookups = new(StringComparer.Ordinal, time);
        if (options.DangerouslyAllowHttpOnLoopback)
            Log.WebFingerHttpOnLoopbackAllowed(logger);
        if (options.DangerouslyAllowPrivateAddresses)
            Log.WebFingerPrivateAddressesAllowed(logger);
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
        var (resource, origin) = WebFingerIdentifier.Normalise(identifier, options.DangerouslyAllowHttpOnLoopback);
        var request = new BackChannelRequest(
            "WebFinger endpoint",
            new($"{origin}/.well-known/webfinger?resource={Uri.EscapeDataString(resource)}&rel={Uri.EscapeDataString(IssuerRelation)}")
        )
        {
            Accept = "application/jrd+json, application/json",
            MaximumResponseLength = MaximumLength,
        };
        // Callers are usually anonymous users: concurrent lookups of one identifier share a request, and a failure is cached.
        var answer = lookups.JoinOrStart(request.Endpoint.AbsoluteUri, () => LookUpAsync(request, origin));
        return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<Uri> LookUpAsync(BackChannelRequest request, string origin)
    {
        var response = await SendAsync(request).ConfigureAwait(false);
        var json = response.Json();
        if (response.StatusCode != HttpStatusCode.OK || json is not { } descriptor)
            throw new EndpointException(response.Failure(json));
        return Issuer(descriptor, origin);
    }

    private Uri Issuer(JsonElement descriptor, string origin)
    {
        string? href =
            descriptor.TryGetProperty("links", out var links) && links.ValueKind == JsonValueKind.Array
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
            && EndpointSecurity.IsSafe(issuer, options.DangerouslyAllowHttpOnLoopback)
            && issuer.Query.Length + issuer.Fragment.Length + issuer.UserInfo.Length == 0
            ? issuer
            : throw new OAuthProtocolException(
                $"{origin} names '{ServerTextSanitizer.Clean(href)}' as the issuer; an issuer must be an https address without user, query "
                    + "and fragment (OpenID Connect Discovery §2)."
            );
    }

    private async Task<BackChannelResponse> SendAsync(BackChannelRequest request)
    {
        using var deadline = new CancellationTokenSource(Deadline, time);
        using var message = new HttpRequestMessage(HttpMethod.Get, request.Endpoint);
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        try
        {
            var sentAt = time.GetUtcNow();
            var client = BackgroundWork.RunIsolated(
                clients,
                static all => all.CreateClient(BackChannelClient.ClientNamePrefix + WebFingerOptions.ClientName)
            );
            using var answer = await client
                .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, deadline.Token)
                .ConfigureAwait(false);
            var body = await BufferedResponseContent.ReadAsync(answer.Content, sentAt, request, deadline.Token).ConfigureAwait(false);
            return new BackChannelResponse(request, answer.StatusCode, body, retryAfter: null);
        }
        catch (HttpRequestException exception) when (exception.InnerException is OAuthProtocolException)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException);
            throw;
        }
        catch (OperationCanceledException exception) when (deadline.IsCancellationRequested)
        {
            throw new TaskCanceledException(
                $"{request.Endpoint.Host} did not respond to the WebFinger request within {Deadline.TotalSeconds} seconds.",
                new TimeoutException(exception.Message, exception),
                CancellationToken.None
            );
        }
    }
}
