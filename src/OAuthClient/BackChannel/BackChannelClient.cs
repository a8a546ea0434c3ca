using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Sends requests to the endpoints of one client's authorization server. It follows no redirects, limits the length of responses, applies
/// one deadline to all attempts, and retries where a retry is safe.
/// </summary>
internal sealed class BackChannelClient(
    string name,
    IHttpClientFactory clients,
    TimeProvider time,
    ILogger logger,
    ResiliencePipelineConfiguration? pipeline = null
)
{
    public const string ClientNamePrefix = "OAuthClient.BackChannel:";

    // Reused for a short time, so that not each request creates a client. The factory keeps the handlers for minutes, so they still rotate.
    private static readonly TimeSpan ClientLifetime = TimeSpan.FromSeconds(10);

    // Claims of a user can name any origin as their source (OpenID Connect Core §5.6.2), so the number of servers must be limited.
    private const int MaximumServers = 1_000;

    private readonly string clientName = ClientNamePrefix + name;
    private readonly BoundedCache<string, ServerAvailability> servers = new(MaximumServers);
    private CachedClient? cached;

    /// <summary>Sends a request, and retries it as its <see cref="RetryMode"/> allows.</summary>
    /// <param name="request">The request.</param>
    /// <param name="configuration">
    /// The configuration that the caller's operation started with, so that a reload does not change an operation in progress.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The response, also one with an error status.</returns>
    /// <exception cref="HttpRequestException">
    /// The network failed, the response is too long, or the request was not sent (<see cref="RequestNotSentException"/>).
    /// </exception>
    /// <exception cref="TaskCanceledException">
    /// The caller cancelled, or the deadline has passed. In the latter case the inner exception is a <see cref="TimeoutException"/>.
    /// </exception>
    /// <exception cref="OAuthProtocolException">The endpoint does not use https, or has a private address that is not allowed.</exception>
    /// <exception cref="SendCancelledException"><see cref="SendTracker.CanSend"/> returned <see langword="false"/>.</exception>
    public async Task<BackChannelResponse> SendAsync(
        BackChannelRequest request,
        ClientConfiguration configuration,
        CancellationToken cancellationToken
    )
    {
        if (!configuration.Cleartext.IsSafe(request.Endpoint))
            throw new OAuthProtocolException(
                $"The {request.DisplayName} does not use https; no request was sent. Set an https address, or list the origin in "
                    + "DangerouslyAllowHttpInTrustedNetwork."
            );

        var availability = AvailabilityOf(request.Endpoint);
        long startedAt = time.GetTimestamp();
        var call = new BackChannelCall(request, GetClient(startedAt), configuration, availability.Pause, startedAt, time);
        try
        {
            var response = await RunAsync(call, request, availability, cancellationToken).ConfigureAwait(false);
            if (logger.IsEnabled(LogLevel.Debug))
                LogResponse(call, request, response, startedAt);
            return response;
        }
        catch (Exception exception) when (logger.IsEnabled(LogLevel.Debug))
        {
            Log.NoResponse(
                logger,
                name,
                request.ToString(),
                ParametersOf(request),
                time.GetElapsedTime(startedAt).TotalMilliseconds,
                call.Attempts,
                exception.GetType().Name
            );
            throw;
        }
    }

    private async Task<BackChannelResponse> RunAsync(
        BackChannelCall call,
        BackChannelRequest request,
        ServerAvailability availability,
        CancellationToken cancellationToken
    )
    {
        // The first attempt does not need Polly, which is loaded at the first failure.
        bool hasPipeline = pipeline is not null || availability.Resilience.IsValueCreated;
        using var message =
            (hasPipeline ? null : await call.TryFirstAttemptAsync(cancellationToken).ConfigureAwait(false))
            ?? await availability.Resilience.Value.SendAsync(call, cancellationToken).ConfigureAwait(false);
        var content =
            message.Content as BufferedResponseContent
            ?? await BufferedResponseContent.ReadAsync(message.Content, time.GetUtcNow(), request, cancellationToken).ConfigureAwait(false);
        var retryAfter = message.IsSuccessStatusCode ? null : RetryAfterPause.Read(message, time);
        return new BackChannelResponse(request, message.StatusCode, content, retryAfter, call.Credentials);
    }

    // Without a value: a parameter can be a code, a token or a password.
    private static string ParametersOf(BackChannelRequest request) =>
        request.Form is { } form ? string.Join(' ', form.Select(parameter => parameter.Key)) : "none";

    // Only a code of the specifications: a server can repeat in another one what another request sent.
    private static string ErrorOf(BackChannelResponse response) =>
        response.IsSuccess ? "without an error"
        : response.Json()?.TextIfAny(ParameterNames.Error) is { } error && ErrorCodes.IsStandard(error) ? error
        : "without a known error code";

    private void LogResponse(BackChannelCall call, BackChannelRequest request, BackChannelResponse response, long startedAt) =>
        Log.ResponseReceived(
            logger,
            name,
            request.ToString(),
            ParametersOf(request),
            (int)response.StatusCode,
            ErrorOf(response),
            time.GetElapsedTime(startedAt).TotalMilliseconds,
            call.Attempts
        );

    private HttpClient GetClient(long now)
    {
        if (Volatile.Read(ref cached) is { } known && time.GetElapsedTime(known.CreatedAt, now) < ClientLifetime)
            return known.Client;
        // Isolated, because the factory may create the handlers now, which all callers share.
        var client = BackgroundWork.RunIsolated((clients, clientName), static all => all.clients.CreateClient(all.clientName));
        Volatile.Write(ref cached, new(client, now));
        return client;
    }

    // The key has no user information, path and query: they can be long and can contain a secret.
    private ServerAvailability AvailabilityOf(Uri endpoint) =>
        servers.GetOrAdd(
            endpoint.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped),
            origin => new(new(time), new(() => CreateResilience(origin), LazyThreadSafetyMode.PublicationOnly))
        );

    // Isolated, because Polly starts a task with each circuit breaker that runs the callbacks for all later callers.
    private BackChannelResilience CreateResilience(string origin) =>
        BackgroundWork.RunIsolated<string, BackChannelResilience>(
            origin,
            server =>
                pipeline is null ? new DefaultResiliencePipeline(name, server, time, logger) : new CustomResiliencePipeline(pipeline, time)
        );

    private sealed record CachedClient(HttpClient Client, long CreatedAt);
}
