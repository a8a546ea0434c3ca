using System.Globalization;
using System.Net;
using System.Runtime.ExceptionServices;

namespace OAuthClient;

/// <summary>One request and all the attempts it takes, within one deadline.</summary>
internal sealed class BackChannelCall(
    BackChannelRequest request,
    HttpClient client,
    ClientConfiguration current,
    RetryAfterPause sharedPause,
    long begun,
    TimeProvider time
)
{
    private readonly SendTracker? tracker = request.RetryMode == RetryMode.Idempotent ? null : request.SendTracker ?? new();

    // A request that must not affect others keeps the pause that the server asked for to itself.
    private readonly RetryAfterPause pause = request.AffectsOtherRequests ? sharedPause : new(time);
    private byte[]? form;
    private int attempts;
    private bool hasWaited;

    /// <summary>What is left of the deadline.</summary>
    public TimeSpan TimeLeft => current.BackChannelDeadline - time.GetElapsedTime(begun);

    /// <summary>Gets whether the server's answer counts for other requests, too.</summary>
    public bool AffectsOtherRequests => request.AffectsOtherRequests;

    /// <summary>
    /// Gets how long the server asked not to be sent this request: as an answer to it, or to one that counts for every request.
    /// </summary>
    public TimeSpan RetryAfterRemaining => (sharedPause.Remaining, pause.Remaining) is var (shared, own) && own > shared ? own : shared;

    /// <summary>Determines whether a failed attempt says that the server cannot be connected to, whatever the request was.</summary>
    /// <param name="fault">The fault of the attempt.</param>
    /// <returns><see langword="true"/> if no connection was made.</returns>
    public bool IsConnectionFault(Exception fault) =>
        TransientErrors.IsTransient(fault) && (tracker is not null ? !tracker.MayHaveBeenSent : TransientErrors.IsConnectionFault(fault));

    /// <summary>Whether it is spent by being sent.</summary>
    public bool IsSingleSend => request.RetryMode != RetryMode.Idempotent;

    /// <summary>Whether an attempt, if there is another, would not send what has been sent.</summary>
    public bool CanBeSent =>
        request.RetryMode switch
        {
            RetryMode.Idempotent => true,
            RetryMode.IfNotSent => !tracker!.MayHaveBeenSent,
            _ => Volatile.Read(ref attempts) == 0,
        };

    /// <summary>Waits while the server wants to be left alone, if the deadline leaves time for that.</summary>
    /// <exception cref="RequestNotSentException">It does not.</exception>
    public ValueTask WaitForRetryAfterAsync(CancellationToken cancellationToken) =>
        RetryAfterRemaining > TimeSpan.Zero ? new(WaitAsync(cancellationToken)) : ValueTask.CompletedTask;

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (RetryAfterRemaining is var quiet && quiet > TimeSpan.Zero)
        {
            if (quiet >= TimeLeft)
                throw NotSent(
                    $"the server wants to be left alone for another {Seconds(quiet)} (Retry-After), which is longer than BackChannelDeadline leaves time for"
                );
            hasWaited = true;
            await Task.Delay(quiet, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>The answer, read to its end.</returns>
    /// <exception cref="HttpRequestException">The network failed, or the server answered with more than it may.</exception>
    /// <exception cref="TaskCanceledException">The caller cancelled, or it took too long (then with a <see cref="TimeoutException"/> inside).</exception>
    public async Task<HttpResponseMessage> SendAsync(CancellationToken cancellationToken)
    {
        bool isAtOnce = Interlocked.Increment(ref attempts) == 1 && !hasWaited;
        var askedAt = time.GetUtcNow();
        // What is spent once it has left is not given up before it must be: the answer may be all there is to save.
        var whole = isAtOnce ? current.BackChannelDeadline : TimeLeft;
        bool isPart = request.RetryMode == RetryMode.Idempotent && current.BackChannelAttemptTimeout < whole;
        using var late = new CancellationTokenSource(
            isPart ? current.BackChannelAttemptTimeout
                : whole > TimeSpan.Zero ? whole
                : TimeSpan.Zero,
            time
        );
        using var either = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken)
            : null;
        HttpResponseMessage? response = null;
        try
        {
            using var message = Message();
            response = await client
                .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, (either ?? late).Token)
                .ConfigureAwait(false);
            tracker?.ResponseReceived(turnedAway: response.StatusCode == HttpStatusCode.TooManyRequests);
            pause.Record(response);
            using var received = response.Content;
            response.Content = await BufferedResponseContent
                .ReadAsync(received, askedAt, request, (either ?? late).Token)
                .ConfigureAwait(false);
            return response;
        }
        catch (Exception exception)
        {
            response?.Dispose();
            // Whatever the network or a handler made of it: the one who forbade it knows it by its type.
            if (tracker is { IsForbidden: true } && exception is not SendCancelledException)
                throw new SendCancelledException();
            if (exception is OperationCanceledException && late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                throw isPart
                    ? Timeout(exception, current.BackChannelAttemptTimeout, nameof(OAuthClientOptions.BackChannelAttemptTimeout))
                    : Timeout(exception);
            if (response is null && exception is HttpRequestException fault)
                throw Unanswered(fault);
            throw;
        }
    }

    /// <summary>That the deadline passed, in the shape of HttpClient's own timeout, so that callers need to know only one.</summary>
    public TaskCanceledException Timeout(Exception inner) =>
        Timeout(inner, current.BackChannelDeadline, nameof(OAuthClientOptions.BackChannelDeadline));

    public RequestNotSentException NotSent(string why, Exception? inner = null) =>
        new($"The {request.EndpointName} ({ServerTextSanitizer.WithoutQuery(request.Endpoint)}) was not asked: {why}.", inner);

    public static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture) + " s";

    private TaskCanceledException Timeout(Exception inner, TimeSpan limit, string option) =>
        new(
            $"The {request.EndpointName} ({ServerTextSanitizer.WithoutQuery(request.Endpoint)}) did not finish its answer within {limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s ({option}).",
            new TimeoutException(inner.Message, inner),
            CancellationToken.None
        );

    private Exception Unanswered(HttpRequestException fault)
    {
        // No fault of the network: it was not to be connected to.
        if (fault.InnerException is OAuthProtocolException)
            ExceptionDispatchInfo.Throw(fault.InnerException);
        if (ClientCertificateSelector.FaultIn(fault) is { } ofCertificate)
            return new OAuthException(ofCertificate.Message, fault);
        // The network says which machine, if that; the developer needs to hear whose.
        return new HttpRequestException(
            fault.HttpRequestError,
            $"The {request.EndpointName} ({ServerTextSanitizer.WithoutQuery(request.Endpoint)}) could not be reached, or gave no answer: {fault.Message}",
            fault,
            fault.StatusCode
        );
    }

    // A message and its content are for one attempt.
    private SingleSendRequestMessage Message()
    {
        var message = new SingleSendRequestMessage(request.Method, request.Endpoint, tracker);
        if (request.Form is not null)
            message.Content = new FormContent(form ??= FormContent.Encode(request.Form));
        else if (request.Json is not null)
            message.Content = new FormContent(request.Json, "application/json");
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        if (request.Authorization is not null)
            message.Headers.TryAddWithoutValidation("Authorization", request.Authorization);
        return message;
    }
}
