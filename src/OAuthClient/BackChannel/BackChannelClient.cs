using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>The one way out to the authorization server: no redirects, bounded bodies, one deadline for the whole exchange, and another attempt where one does no harm.</summary>
internal sealed class BackChannelClient(
    string name,
    IHttpClientFactory clients,
    ClientConfigurationProvider configuration,
    TimeProvider time,
    ILogger logger,
    ResiliencePipelineConfiguration? pipeline = null
)
{
    public const string ClientNamePrefix = "OAuthClient.BackChannel:";

    // The factory's handlers live for minutes; a client that is kept for less changes nothing about that, and spares one for each request.
    private static readonly TimeSpan ClientLifetime = TimeSpan.FromSeconds(10);

    // Claims of a user can name any origin as their source (OpenID Connect Core §5.6.2).
    private const int MaximumServers = 1_000;

    private readonly string clientName = ClientNamePrefix + name;
    private readonly BoundedCache<Uri, ServerAvailability> servers = new(MaximumServers, new SameOrigin());
    private MadeClient? newest;
    private int warned;

    /// <exception cref="HttpRequestException">The network failed, the server answered with more than it may, or is left alone for a while and was not asked.</exception>
    /// <exception cref="TaskCanceledException">The caller cancelled, or it took too long (then with a <see cref="TimeoutException"/> inside).</exception>
    /// <exception cref="SendCancelledException">Whoever may forbid it did.</exception>
    public async Task<BackChannelResponse> SendAsync(BackChannelRequest request, CancellationToken cancellationToken)
    {
        var current = configuration.Current;
        if (current.AllowHttpOnLoopback && Interlocked.Exchange(ref warned, 1) == 0)
            Log.HttpOnLoopbackAllowed(logger, name);
        if (!EndpointSecurity.IsSafe(request.Endpoint, current.AllowHttpOnLoopback))
            throw new OAuthProtocolException(
                $"The {request.EndpointName} ({ServerTextSanitizer.WithoutQuery(request.Endpoint)}) does not use https; nothing was sent."
            );

        var availability = AvailabilityOf(request.Endpoint);
        long begun = time.GetTimestamp();
        var call = new BackChannelCall(request, Client(begun), current, availability.Pause, begun, time);
        var backChannelResilience = availability.Resilience ?? (pipeline is null ? null : Resilience(availability));
        Attempt? first = null;
        if (backChannelResilience is null)
        {
            // In here and not in a method of its own: to a process that starts, each asynchronous one costs as much as ten others.
            try
            {
                await call.WaitForRetryAfterAsync(cancellationToken).ConfigureAwait(false);
                first = new(await call.SendAsync(cancellationToken).ConfigureAwait(false), null);
            }
            catch (Exception exception) when (TransientErrors.IsTransient(exception))
            {
                first = new(null, exception);
            }
            if (first.Answer is null || TransientErrors.IsTransient(first.Answer.StatusCode))
                backChannelResilience = Resilience(availability);
        }
        using var message = backChannelResilience is null
            ? first!.Answer!
            : await backChannelResilience.SendAsync(call, first, cancellationToken).ConfigureAwait(false);
        var content =
            message.Content as BufferedResponseContent
            ?? await BufferedResponseContent.ReadAsync(message.Content, time.GetUtcNow(), request, cancellationToken).ConfigureAwait(false);
        var retryAfter = message.IsSuccessStatusCode ? null : RetryAfterPause.Read(message, time);
        return new BackChannelResponse(request, message.StatusCode, content, retryAfter);
    }

    private HttpClient Client(long now)
    {
        if (Volatile.Read(ref newest) is { } made && time.GetElapsedTime(made.At, now) < ClientLifetime)
            return made.Client;
        // The factory may build the handlers now, which are shared by all callers.
        var client = BackgroundWork.RunIsolated((clients, clientName), static all => all.clients.CreateClient(all.clientName));
        Volatile.Write(ref newest, new(client, now));
        return client;
    }

    // Without path and query, which can be long, or somebody's secret.
    private ServerAvailability AvailabilityOf(Uri endpoint) =>
        servers.TryGet(endpoint, out var known)
            ? known
            : servers.GetOrAdd(new(endpoint.GetLeftPart(UriPartial.Authority)), origin => new(origin, time));

    // Not inlined, because Polly would be loaded with whoever inlines it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private BackChannelResilience Resilience(ServerAvailability availability) =>
        // Polly starts a task with each circuit breaker, which runs the callbacks of all later callers.
        BackgroundWork.RunIsolated((Channel: this, availability), static all => all.Channel.Create(all.availability));

    private BackChannelResilience Create(ServerAvailability availability) =>
        availability.SetResilience(
            pipeline is null
                ? new DefaultResiliencePipeline(name, availability, time, logger)
                : new CustomResiliencePipeline(pipeline, time)
        );

    // A key of three values would be compiled, with all that a dictionary does, in each process that starts.
    private sealed class SameOrigin : IEqualityComparer<Uri>
    {
        public bool Equals(Uri? one, Uri? other) =>
            one!.Port == other!.Port
            && string.Equals(one.Host, other.Host, StringComparison.Ordinal)
            && string.Equals(one.Scheme, other.Scheme, StringComparison.Ordinal);

        public int GetHashCode(Uri endpoint) => endpoint.Host.GetHashCode(StringComparison.Ordinal) + endpoint.Port;
    }

    private sealed record MadeClient(HttpClient Client, long At);
}
