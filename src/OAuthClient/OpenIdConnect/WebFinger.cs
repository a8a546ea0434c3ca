using System.Net;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Finds the issuer of whoever wants to sign in, from what they type: an e-mail address, an account or a web address (OpenID Connect Discovery §2,
/// RFC 7033). Registered by <c>AddWebFinger</c>. Whether that issuer is one you want to trust is yours to decide. Safe for use by many threads at once.
/// </summary>
public sealed class WebFinger
{
    private const string IssuerRelation = "http://openid.net/specs/connect/1.0/issuer";
    private const int MaximumLength = 64 * 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly IHttpClientFactory clients;
    private readonly WebFingerOptions options;
    private readonly TimeProvider time;
    private readonly SingleFlight<string, Uri> questions;

    internal WebFinger(IHttpClientFactory clients, WebFingerOptions options, TimeProvider time, ILogger logger)
    {
        (this.clients, this.options, this.time) = (clients, options, time);
        questions = new(StringComparer.Ordinal, time);
        if (options.DangerouslyAllowHttpOnLoopback)
            Log.WebFingerHttpOnLoopbackAllowed(logger);
        if (options.DangerouslyAllowPrivateAddresses)
            Log.WebFingerPrivateAddressesAllowed(logger);
    }

    /// <summary>The issuer, in exactly the characters that <see cref="OAuthClientOptions.Issuer"/> wants.</summary>
    /// <param name="identifier">What the user typed, such as <c>alice@example.com</c>, <c>acct:alice@example.com</c>, <c>example.com</c> or <c>https://example.com/alice</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="FormatException">It is no such thing; tell the user.</exception>
    /// <exception cref="EndpointException">The host does not answer such questions, or does not know who that is.</exception>
    /// <exception cref="OAuthProtocolException">It names no issuer, or one that is not safe to talk to; or it is at a private address.</exception>
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
        // Mostly asked on behalf of users who are not signed in yet: the same question is asked once, and its failure is remembered.
        var answer = questions.JoinOrStart(request.Endpoint.AbsoluteUri, () => AskAsync(request, origin));
        return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<Uri> AskAsync(BackChannelRequest request, string origin)
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
                $"{origin} names '{ServerTextSanitizer.Clean(href)}' as the issuer, which is no https address without query and fragment (OpenID Connect Discovery §2)."
            );
    }

    private async Task<BackChannelResponse> SendAsync(BackChannelRequest request)
    {
        using var deadline = new CancellationTokenSource(Deadline, time);
        using var message = new HttpRequestMessage(HttpMethod.Get, request.Endpoint);
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        try
        {
            var askedAt = time.GetUtcNow();
            var client = BackgroundWork.RunIsolated(
                clients,
                static all => all.CreateClient(BackChannelClient.ClientNamePrefix + WebFingerOptions.ClientName)
            );
            using var answer = await client
                .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, deadline.Token)
                .ConfigureAwait(false);
            var body = await BufferedResponseContent.ReadAsync(answer.Content, askedAt, request, deadline.Token).ConfigureAwait(false);
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
                $"{request.Endpoint.Host} did not answer WebFinger within {Deadline.TotalSeconds} s.",
                new TimeoutException(exception.Message, exception),
                CancellationToken.None
            );
        }
    }
}
