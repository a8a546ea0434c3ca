using System.Buffers;
using System.Net;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>The one way out to the authorization server: no redirects, bounded bodies, one deadline for the whole exchange.</summary>
internal sealed class BackChannel(string name, IHttpClientFactory clients, CurrentRegistration registration, TimeProvider time, ILogger logger)
{
    public const string ClientNamePrefix = "OAuthClient.BackChannel:";

    private int warned;

    /// <exception cref="HttpRequestException">The network failed, or the server answered with more than it may.</exception>
    /// <exception cref="TaskCanceledException">The caller cancelled, or the deadline passed (then with a <see cref="TimeoutException"/> inside).</exception>
    public async Task<BackChannelResponse> SendAsync(BackChannelRequest request, CancellationToken cancellationToken)
    {
        var current = registration.Value;
        if (current.AllowHttpOnLoopback && Interlocked.Exchange(ref warned, 1) == 0)
            Log.HttpOnLoopbackAllowed(logger, name);
        if (!Transport.IsSafe(request.Endpoint, current.AllowHttpOnLoopback))
            throw new ProtocolViolationException($"The {request.EndpointName} ({ServerText.WithoutQuery(request.Endpoint)}) does not use https; nothing was sent.");

        using var deadline = new CancellationTokenSource(current.BackChannelDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var message = Message(request);
            using var client = clients.CreateClient(ClientNamePrefix + name);
            using var response = await SendAsync(client, message, request, either.Token).ConfigureAwait(false);
            var body = await ReadAsync(response.Content, request, either.Token).ConfigureAwait(false);
            return new BackChannelResponse(request, response.StatusCode, response.Content.Headers.ContentType?.MediaType, body, RetryAfter(response));
        }
        catch (OperationCanceledException exception) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The same shape as HttpClient's own timeout, so that callers need to know only one.
            throw new TaskCanceledException(
                $"The {request.EndpointName} ({ServerText.WithoutQuery(request.Endpoint)}) did not finish its answer within {current.BackChannelDeadline.TotalSeconds} s (BackChannelDeadline).",
                new TimeoutException(exception.Message, exception), CancellationToken.None);
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient client, HttpRequestMessage message, BackChannelRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            request.Departure?.Answered(turnedAway: response.StatusCode == HttpStatusCode.TooManyRequests);
            return response;
        }
        catch (Exception exception) when (request.Departure is { IsForbidden: true } && exception is not DepartureForbiddenException)
        {
            // Whatever the network or a handler made of it: the one who forbade it knows it by its type.
            throw new DepartureForbiddenException();
        }
        catch (HttpRequestException exception)
        {
            // The network says which machine, if that; the developer needs to hear whose.
            throw new HttpRequestException(
                exception.HttpRequestError,
                $"The {request.EndpointName} ({ServerText.WithoutQuery(request.Endpoint)}) could not be reached, or gave no answer: {exception.Message}",
                exception,
                exception.StatusCode);
        }
    }

    private static HttpRequestMessage Message(BackChannelRequest request)
    {
        var message = new HttpRequestMessage(request.Form is null ? HttpMethod.Get : HttpMethod.Post, request.Endpoint);
        if (request.Form is not null)
        {
            message.Content = new FormContent(FormContent.Encode(request.Form));
            message.Options.Set(OneSendGuard.Key, new OneSendGuard.Ticket(request.Departure));
        }
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        if (request.Authorization is not null)
            message.Headers.TryAddWithoutValidation("Authorization", request.Authorization);
        return message;
    }

    // HttpClient's own limit counts what it buffers and has no deadline once the headers are in; this has both.
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, BackChannelRequest request, CancellationToken cancellationToken)
    {
        using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var body = new ArrayBufferWriter<byte>(4096);
        int read;
        try
        {
            while ((read = await stream.ReadAsync(body.GetMemory(4096), cancellationToken).ConfigureAwait(false)) > 0)
            {
                body.Advance(read);
                if (body.WrittenCount > request.MaximumResponseLength)
                {
                    throw new HttpRequestException(
                        HttpRequestError.ConfigurationLimitExceeded,
                        $"The {request.EndpointName} ({ServerText.WithoutQuery(request.Endpoint)}) answered with more than {request.MaximumResponseLength} bytes; reading stopped there.");
                }
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            // What HttpClient would make of it, had it read the body: one type for every fault of the network.
            throw new HttpRequestException(
                (exception as HttpIOException)?.HttpRequestError ?? HttpRequestError.Unknown,
                $"The answer of the {request.EndpointName} ({ServerText.WithoutQuery(request.Endpoint)}) broke off.",
                exception);
        }
        return body.WrittenMemory;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };
}
