using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>The one way out to the authorization server: no redirects, bounded bodies, one deadline for the whole exchange, and another attempt where one does no harm.</summary>
internal sealed class BackChannel(
    string name, IHttpClientFactory clients, CurrentRegistration registration, TimeProvider time, ILogger logger, PipelineChoice? pipeline = null)
{
    public const string ClientNamePrefix = "OAuthClient.BackChannel:";

    private readonly string clientName = ClientNamePrefix + name;
    private readonly ConcurrentDictionary<(string Scheme, string Host, int Port), ServerCondition> servers = new();
    private int warned;

    /// <exception cref="HttpRequestException">The network failed, the server answered with more than it may, or is left alone for a while and was not asked.</exception>
    /// <exception cref="TaskCanceledException">The caller cancelled, or it took too long (then with a <see cref="TimeoutException"/> inside).</exception>
    /// <exception cref="DepartureForbiddenException">Whoever may forbid it did.</exception>
    public async Task<BackChannelResponse> SendAsync(BackChannelRequest request, CancellationToken cancellationToken)
    {
        var current = registration.Value;
        if (current.AllowHttpOnLoopback && Interlocked.Exchange(ref warned, 1) == 0)
            Log.HttpOnLoopbackAllowed(logger, name);
        if (!Transport.IsSafe(request.Endpoint, current.AllowHttpOnLoopback))
            throw new ProtocolViolationException($"The {request.EndpointName} ({ServerText.WithoutQuery(request.Endpoint)}) does not use https; nothing was sent.");

        var server = ConditionOf(request.Endpoint);
        using var client = clients.CreateClient(clientName);
        var exchange = new Exchange(request, client, current, server, time);
        var resilience = server.Resilience ?? (pipeline is null ? null : Resilience(server));
        using var message = await (resilience is null ? SendFirstAsync(exchange, cancellationToken) : resilience.SendAsync(exchange, first: null, cancellationToken)).ConfigureAwait(false);
        var answer = message.Content as Answer ?? await exchange.ReadAsync(message.Content, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return new BackChannelResponse(request, message.StatusCode, answer, ServerCondition.RetryAfter(message, time));
    }

    private async Task<HttpResponseMessage> SendFirstAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        Attempt failed;
        try
        {
            await exchange.WaitForQuietAsync(cancellationToken).ConfigureAwait(false);
            var answer = await exchange.SendAsync(cancellationToken).ConfigureAwait(false);
            if (!PassingFaults.MayPass(answer.StatusCode))
                return answer;
            failed = new(answer, null);
        }
        catch (Exception exception) when (PassingFaults.MayPass(exception))
        {
            failed = new(null, exception);
        }
        return await Resilience(exchange.Server).SendAsync(exchange, failed, cancellationToken).ConfigureAwait(false);
    }

    private ServerCondition ConditionOf(Uri endpoint)
    {
        var key = (endpoint.Scheme, endpoint.IdnHost, endpoint.Port);
        return servers.TryGetValue(key, out var known) ? known : servers.GetOrAdd(key, _ => new(endpoint, time));
    }

    // Not inlined, because Polly would be loaded with whoever inlines it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Resilience Resilience(ServerCondition server) =>
        server.Remember(pipeline is null ? new BuiltInResilience(name, server, time, logger) : new OwnResilience(pipeline, time));
}
