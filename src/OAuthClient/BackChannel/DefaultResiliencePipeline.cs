using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace OAuthClient;

/// <summary>
/// Retries requests with increasing delays, and opens a circuit for a server at which nearly all requests fail. It is created after the
/// first failure, because loading Polly would slow down the start of the process.
/// </summary>
internal sealed class DefaultResiliencePipeline : BackChannelResilience
{
    private const int MaximumRetries = 3;
    private const int FirstDelayMilliseconds = 500;
    private static readonly TimeSpan BreakDuration = TimeSpan.FromSeconds(5);
    private static readonly ResiliencePropertyKey<BackChannelCall> CallKey = new("OAuthClient.BackChannelCall");

    private readonly string origin;
    private readonly TimeProvider time;
    private readonly ResiliencePipeline<HttpResponseMessage> retries;
    private readonly ResiliencePipeline<HttpResponseMessage> circuit;

    // The timestamp at which the circuit opened; the minimum while it is closed.
    private long openedAt = long.MinValue;

    public DefaultResiliencePipeline(string clientName, string origin, TimeProvider time, ILogger logger)
    {
        (this.origin, this.time) = (origin, time);
        retries = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddRetry(
                new()
                {
                    MaxRetryAttempts = MaximumRetries,
                    ShouldHandle = static attempt => ValueTask.FromResult(ShouldRetry(attempt)),
                    DelayGenerator = static attempt => ValueTask.FromResult<TimeSpan?>(CallOf(attempt.Context).RetryDelay),
                }
            )
            .Build();
        circuit = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddCircuitBreaker(
                new()
                {
                    // A server that responds to every fifth request is still useful, so the circuit opens only if nearly all requests fail.
                    FailureRatio = 0.9,
                    MinimumThroughput = 10,
                    SamplingDuration = TimeSpan.FromSeconds(30),
                    BreakDuration = BreakDuration,
                    ShouldHandle = static attempt => ValueTask.FromResult(IsServerError(attempt.Outcome)),
                    OnOpened = _ =>
                    {
                        Volatile.Write(ref openedAt, time.GetTimestamp());
                        Log.CircuitOpened(logger, clientName, origin, BreakDuration.TotalSeconds);
                        return ValueTask.CompletedTask;
                    },
                    OnClosed = _ =>
                    {
                        Volatile.Write(ref openedAt, long.MinValue);
                        Log.CircuitClosed(logger, clientName, origin);
                        return ValueTask.CompletedTask;
                    },
                }
            )
            .Build();
    }

    public override async Task<HttpResponseMessage> SendAsync(BackChannelCall call, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(CallKey, call);
        try
        {
            return await retries.ExecuteAsync(AttemptAsync, context).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async ValueTask<HttpResponseMessage> AttemptAsync(ResilienceContext context)
    {
        var call = CallOf(context);
        await call.WaitForRetryAfterAsync(context.CancellationToken).ConfigureAwait(false);
        if (!call.AffectsOtherRequests)
            return await AttemptWithoutCircuitAsync(call, context).ConfigureAwait(false);
        try
        {
            return await circuit
                .ExecuteAsync(
                    static (ResilienceContext attempt) =>
                        new ValueTask<HttpResponseMessage>(CallOf(attempt).SendAsync(attempt.CancellationToken)),
                    context
                )
                .ConfigureAwait(false);
        }
        catch (BrokenCircuitException broken)
        {
            // The circuit opened during the first attempt, whose outcome the caller gets.
            if (call.HasFirstAttempt)
                return await call.SendAsync(context.CancellationToken).ConfigureAwait(false);
            throw CircuitIsOpen(call, broken.RetryAfter ?? BreakDuration, broken.InnerException);
        }
    }

    // An open circuit stops every request. But the request of an outside caller is not used to test whether the server is available again:
    // its error responses would open or close the circuit, and no other request could test the server during it. Only outcomes that such a
    // caller cannot cause are reported to the circuit: a failed connection, and a successful response.
    private async ValueTask<HttpResponseMessage> AttemptWithoutCircuitAsync(BackChannelCall call, ResilienceContext context)
    {
        if (
            !call.HasFirstAttempt
            && Volatile.Read(ref openedAt) is var opened
            && opened != long.MinValue
            && BreakDuration - time.GetElapsedTime(opened) is var remaining
            && remaining > TimeSpan.Zero
        )
            throw CircuitIsOpen(call, remaining, inner: null);
        try
        {
            var response = await call.SendAsync(context.CancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                await ReportAsync(Outcome.FromResult(response), context).ConfigureAwait(false);
            return response;
        }
        catch (Exception fault) when (call.IsConnectionFault(fault))
        {
            await ReportAsync(Outcome.FromException<HttpResponseMessage>(fault), context).ConfigureAwait(false);
            throw;
        }
    }

    private async Task ReportAsync(Outcome<HttpResponseMessage> outcome, ResilienceContext context) =>
        await circuit.ExecuteOutcomeAsync(static (_, known) => ValueTask.FromResult(known), context, outcome).ConfigureAwait(false);

    private static BackChannelCall CallOf(ResilienceContext context) => context.Properties.GetValue(CallKey, null!);

    private static bool ShouldRetry(RetryPredicateArguments<HttpResponseMessage> attempt)
    {
        var call = CallOf(attempt.Context);
        bool isTransient = attempt.Outcome.Exception is { } fault
            ? TransientErrors.IsTransient(fault)
            : TransientErrors.IsTransient(attempt.Outcome.Result!);
        if (!isTransient || !call.CanBeSent)
            return false;
        // Half of the delay is random, so that nodes that failed at the same time do not retry at the same time.
        int maximum = FirstDelayMilliseconds << attempt.AttemptNumber;
        var delay = TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(maximum / 2, maximum + 1));
        if (call.RetryAfterRemaining is var requested && requested > delay)
            delay = requested;
        call.RetryDelay = delay;
        // If the deadline would pass during the delay, the caller gets this outcome, which says more than a timeout.
        return delay < call.TimeLeft;
    }

    private static bool IsServerError(Outcome<HttpResponseMessage> outcome) =>
        outcome.Exception is { } fault ? TransientErrors.IsTransient(fault) : TransientErrors.IsServerError(outcome.Result!.StatusCode);

    private RequestNotSentException CircuitIsOpen(BackChannelCall call, TimeSpan remaining, Exception? inner) =>
        call.NotSent(
            $"the circuit for {origin} is open for another {BackChannelCall.Seconds(remaining)}, because nearly all recent requests failed",
            inner
        );
}
