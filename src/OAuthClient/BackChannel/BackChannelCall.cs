using System.Globalization;
using System.Net.Security;
using System.Runtime.ExceptionServices;

namespace OAuthClient;

/// <summary>One request with all its attempts, within one deadline.</summary>
internal sealed class BackChannelCall(
    BackChannelRequest request,
    HttpClient client,
    ClientConfiguration current,
    RetryAfterPause sharedPause,
    long startedAt,
    TimeProvider time
)
{
    private readonly SendTracker? tracker = request.RetryMode == RetryMode.Idempotent ? null : request.SendTracker ?? new();

    // A pause that the server requests in response to a request that must not affect others holds for this request only.
    private readonly RetryAfterPause pause = request.AffectsOtherRequests ? sharedPause : new(time);
    private int attempts;
    private int nonceRetries;
    private Task<HttpResponseMessage>? first;

    /// <summary>Gets the remaining time until the deadline.</summary>
    public TimeSpan TimeLeft => current.BackChannelDeadline - time.GetElapsedTime(startedAt);

    /// <summary>Gets a value indicating whether a first attempt was made whose outcome no pipeline has received yet.</summary>
    public bool HasFirstAttempt => Volatile.Read(ref first) is not null;

    /// <summary>Gets the number of attempts that were made.</summary>
    public int Attempts => Volatile.Read(ref attempts);

    /// <summary>Gets a value indicating whether the response can open the circuit or set a pause for other requests.</summary>
    public bool AffectsOtherRequests => request.AffectsOtherRequests;

    /// <summary>
    /// Gets the remaining pause that the server requested (<c>Retry-After</c>), for this request or for all requests; the longer of both.
    /// </summary>
    public TimeSpan RetryAfterRemaining => (sharedPause.Remaining, pause.Remaining) is var (shared, own) && own > shared ? own : shared;

    /// <summary>Determines whether an attempt failed because no connection was made, which does not depend on the request.</summary>
    /// <param name="fault">The exception of the attempt.</param>
    /// <returns><see langword="true"/> if no connection was made.</returns>
    public bool IsConnectionFault(Exception fault) =>
        TransientErrors.IsTransient(fault) && (tracker is not null ? !tracker.MayHaveBeenSent : TransientErrors.IsConnectionFault(fault));

    /// <summary>Gets the credentials of all attempts, which no message may contain.</summary>
    public List<string> Credentials { get; } = [];

    /// <summary>Gets or sets the delay before the next attempt.</summary>
    public TimeSpan RetryDelay { get; set; }

    /// <summary>Gets a value indicating whether the server must receive the request at most once.</summary>
    public bool IsSingleSend => request.RetryMode != RetryMode.Idempotent;

    /// <summary>Gets a value indicating whether another attempt is allowed by the <see cref="RetryMode"/>.</summary>
    public bool CanBeSent =>
        request.RetryMode switch
        {
            RetryMode.Idempotent => true,
            RetryMode.IfNotSent => !tracker!.MayHaveBeenSent,
            _ => Attempts == 0,
        };

    /// <summary>Waits until the pause that the server requested has passed.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <exception cref="RequestNotSentException">The pause is longer than the remaining time.</exception>
    public async ValueTask WaitForRetryAfterAsync(CancellationToken cancellationToken)
    {
        while (!HasFirstAttempt && RetryAfterRemaining is var remaining && remaining > TimeSpan.Zero)
        {
            if (remaining >= TimeLeft)
                throw NotSent(
                    $"the server requested a pause of another {Seconds(remaining)} (Retry-After), which exceeds the rest of "
                        + "BackChannelDeadline"
                );
            await Task.Delay(remaining, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the first attempt without a pipeline. A pipeline that continues the call receives its outcome first.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The response; <see langword="null"/> if the attempt failed with a transient error, so that a pipeline continues.</returns>
    public async Task<HttpResponseMessage?> TryFirstAttemptAsync(CancellationToken cancellationToken)
    {
        await WaitForRetryAfterAsync(cancellationToken).ConfigureAwait(false);
        var attempt = SendAsync(cancellationToken);
        try
        {
            var response = await attempt.ConfigureAwait(false);
            if (!TransientErrors.IsTransient(response))
                return response;
        }
        catch (Exception exception) when (TransientErrors.IsTransient(exception))
        {
            // The pipeline receives the exception.
        }
        first = attempt;
        return null;
    }

    /// <summary>Waits until the pause that the server requested has passed, and sends the request.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<HttpResponseMessage> AttemptAsync(CancellationToken cancellationToken)
    {
        await WaitForRetryAfterAsync(cancellationToken).ConfigureAwait(false);
        return await SendAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the request once and reads the whole response, or returns the outcome of the first attempt.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The response with its body.</returns>
    /// <exception cref="HttpRequestException">The network failed, or the response is too long.</exception>
    /// <exception cref="TaskCanceledException">
    /// The caller cancelled, or the time has passed. In the latter case the inner exception is a <see cref="TimeoutException"/>.
    /// </exception>
    /// <exception cref="SendCancelledException"><see cref="SendTracker.CanSend"/> returned <see langword="false"/>.</exception>
    public Task<HttpResponseMessage> SendAsync(CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref first, null) ?? SendWithNonceAsync(cancellationToken);

    // The server did not act on a request whose proof lacks its current nonce (RFC 9449 §8), so it is sent once more, with the nonce that
    // the response supplies. A server that asks again and again receives two requests.
    private async Task<HttpResponseMessage> SendWithNonceAsync(CancellationToken cancellationToken)
    {
        var response = await SendOnceAsync(requiredNonce: null, cancellationToken).ConfigureAwait(false);
        if (
            !RejectionClassifier.AsksForNonce(response, request)
            || request.Nonces!.Record(request.Endpoint, response) is not { } nonce
            || !TryRetryForNonce()
        )
            return response;
        response.Dispose();
        return await SendOnceAsync(nonce, cancellationToken).ConfigureAwait(false);
    }

    private bool TryRetryForNonce() => tracker?.TryRetryForNonce() ?? Interlocked.Exchange(ref nonceRetries, 1) == 0;

    private async Task<HttpResponseMessage> SendOnceAsync(string? requiredNonce, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref attempts);
        var requestedAt = time.GetUtcNow();
        var remaining = TimeLeft is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
        // The attempt timeout applies to idempotent requests only. The response to another request, such as one with a refresh token,
        // cannot be requested again, so it is awaited until the deadline.
        bool hasAttemptTimeout = request.RetryMode == RetryMode.Idempotent && current.BackChannelAttemptTimeout < remaining;
        using var timeout = new CancellationTokenSource(hasAttemptTimeout ? current.BackChannelAttemptTimeout : remaining, time);
        using var linked = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken)
            : null;
        HttpResponseMessage? response = null;
        try
        {
            using var message = await CreateMessageAsync(requestedAt, requiredNonce, (linked ?? timeout).Token).ConfigureAwait(false);
            try
            {
                response = await client
                    .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, (linked ?? timeout).Token)
                    .ConfigureAwait(false);
            }
            catch (HttpRequestException fault)
            {
                throw Describe(fault);
            }
            pause.Record(response);
            request.Nonces?.Record(request.Endpoint, response);
            try
            {
                using var received = response.Content;
                response.Content = await BufferedResponseContent
                    .ReadAsync(received, requestedAt, request, (linked ?? timeout).Token)
                    .ConfigureAwait(false);
            }
            finally
            {
                tracker?.ResponseReceived(RejectionClassifier.IsUnprocessed(response, request));
            }
            return response;
        }
        catch (Exception exception)
        {
            response?.Dispose();
            // The network or a handler may have wrapped the exception; the caller that forbade the request catches this type.
            if (tracker is { IsForbidden: true } && exception is not SendCancelledException)
                throw new SendCancelledException();
            if (exception is OperationCanceledException && timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                throw hasAttemptTimeout
                    ? Timeout(exception, current.BackChannelAttemptTimeout, nameof(OAuthClientOptions.BackChannelAttemptTimeout))
                    : Timeout(exception);
            throw;
        }
    }

    /// <summary>Creates the exception for a passed deadline, in the form of the timeout of <see cref="HttpClient"/>.</summary>
    /// <param name="inner">The cause.</param>
    /// <returns>The exception.</returns>
    public TaskCanceledException Timeout(Exception inner) =>
        Timeout(inner, current.BackChannelDeadline, nameof(OAuthClientOptions.BackChannelDeadline));

    /// <summary>Creates the exception for a request that is not sent.</summary>
    /// <param name="reason">The end of the message.</param>
    /// <param name="inner">The cause.</param>
    /// <returns>The exception.</returns>
    public RequestNotSentException NotSent(string reason, Exception? inner = null) =>
        new($"No request was sent to the {request.DisplayName}: {reason}.", inner);

    /// <summary>Formats a duration in whole seconds for messages.</summary>
    /// <param name="time">The duration.</param>
    /// <returns>The seconds, rounded up, with their unit.</returns>
    public static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture) + " s";

    private TaskCanceledException Timeout(Exception inner, TimeSpan limit, string option) =>
        new(
            $"The {request.DisplayName} did not complete its response within "
                + $"{limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s ({option}).",
            new TimeoutException(inner.Message, inner),
            CancellationToken.None
        );

    private Exception Describe(HttpRequestException fault)
    {
        // Not a network error: the connection was refused by this library, for example to a private address.
        if (fault.InnerException is OAuthProtocolException)
            ExceptionDispatchInfo.Throw(fault.InnerException);
        if (ClientCertificateSelector.FaultIn(fault) is { } certificateFault)
            return new OAuthException(certificateFault.Message, fault);
        // The message of the network names at most the host; this one also names the endpoint.
        return new HttpRequestException(
            fault.HttpRequestError,
            $"The {request.DisplayName} could not be reached or did not respond: {Reason(fault)}",
            fault,
            fault.StatusCode
        );
    }

    // The reason of a failed handshake is in an inner exception, which logs often do not show.
    private static string Reason(HttpRequestException fault)
    {
        if (fault.HttpRequestError != HttpRequestError.SecureConnectionError)
            return fault.Message;
        List<string> reasons = [];
        for (var inner = fault.InnerException; inner is not null; inner = inner.InnerException)
            reasons.Add(inner.Message);
        string reason = string.Join(" ", reasons.Prepend("TLS could not be established."));
        return
            reason.Contains("certificate", StringComparison.OrdinalIgnoreCase)
            && !reason.Contains(nameof(SslPolicyErrors.RemoteCertificateNameMismatch), StringComparison.Ordinal)
            ? reason + " If a private certificate authority issued the certificate, trust it with TrustCertificateAuthority."
            : reason;
    }

    // A message and its content can be sent once, and an assertion or a proof of the authentication accepted once, so each attempt has its
    // own.
    private async ValueTask<SingleSendRequestMessage> CreateMessageAsync(
        DateTimeOffset startedAt,
        string? requiredNonce,
        CancellationToken cancellationToken
    )
    {
        AuthenticatedRequest attempt = new(request.Method, request.Endpoint, request.Form, startedAt, Credentials)
        {
            RequiredNonce = requiredNonce,
        };
        if (request.Authenticate is { } authenticate)
            await authenticate(attempt, cancellationToken).ConfigureAwait(false);
        current.Adaptation.Rename(attempt.Form);
        var message = new SingleSendRequestMessage(request.Method, request.Endpoint, tracker);
        if (attempt.Form.Count > 0)
            message.Content = new FormContent(FormContent.Encode(attempt.Form));
        else if (request.Json is not null)
            message.Content = new FormContent(request.Json, "application/json");
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        if (attempt.Authorization is not null)
            message.Headers.TryAddWithoutValidation("Authorization", attempt.Authorization);
        if (attempt.Proof is not null)
            message.Headers.TryAddWithoutValidation(DPoPProofs.HeaderName, attempt.Proof);
        return message;
    }
}
