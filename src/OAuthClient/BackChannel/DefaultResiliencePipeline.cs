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
    private static readonly ResiliencePropertyKey<TimeSpan> DelayKey = new("OAuthClient.Delay");

    private readonly string origin;
    private readonly TimeProvider time;
    private readonly ResiliencePipeline<HttpResponseMessage> retries;
    private readonly ResiliencePipeline<HttpResponseMessage> circuit;

    // The timestamp at which the circuit opened; the minimum while it is closed.
    private long openedAt = long.MinValue;

    public DefaultResiliencePipeline(string clientName, ServerAvailability availability, TimeProvider time, ILogger logger)
    {
        origin = availability.Origin;
        this.time = time;
        retries = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddRetry(
                new()
                {
                    MaxRetryAttempts = MaximumRetries,
                    ShouldHandle = static attempt => ValueTask.FromResult(ShouldRetry(attempt)),
                    DelayGenerator = static attempt =>
                        ValueTask.FromResult<TimeSpan?>(attempt.Context.Properties.GetValue(DelayKey, default)),
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

    public override async Task<HttpResponseMessage> SendAsync(BackChannelCall call, Attempt? first, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(CallKey, call);
        try
        {
            var outcome = await retries
                .ExecuteOutcomeAsync(
                    (attempt, _) =>
                    {
                        var known = first;
                        first = null;
                        return AttemptAsync(call, known, attempt);
                    },
                    context,
                    this
                )
                .ConfigureAwait(false);
            outcome.ThrowIfException();
            return outcome.Result!;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    // An attempt that was made before the circuit was created also counts.
    private async ValueTask<Outcome<HttpResponseMessage>> AttemptAsync(BackChannelCall call, Attempt? known, ResilienceContext context)
    {
        try
        {
            if (known is null)
                await call.WaitForRetryAfterAsync(context.CancellationToken).ConfigureAwait(false);
            if (!call.AffectsOtherRequests)
                return await AttemptWithoutCircuitAsync(call, known, context).ConfigureAwait(false);
            var outcome = await circuit
                .ExecuteOutcomeAsync(
                    static (attempt, all) =>
                        all.known is null ? SendAsync(all.call, attempt.CancellationToken) : ValueTask.FromResult(OutcomeOf(all.known)),
                    context,
                    (call, known)
                )
                .ConfigureAwait(false);
            return outcome.Exception is BrokenCircuitException broken
                ? Outcome.FromException<HttpResponseMessage>(CircuitIsOpen(call, broken.RetryAfter ?? BreakDuration, broken.InnerException))
                : outcome;
        }
        catch (Exception exception)
        {
            return Outcome.FromException<HttpResponseMessage>(exception);
        }
    }

    // An open circuit stops every request. But the request of an outside caller is not used to test whether the server is available again:
    // its error responses would open or close the circuit, and no other request could test the server during it. Only outcomes that such a
    // caller cannot cause are reported to the circuit: a failed connection, and a successful response.
    private async ValueTask<Outcome<HttpResponseMessage>> AttemptWithoutCircuitAsync(
        BackChannelCall call,
        Attempt? known,
        ResilienceContext context
    )
    {
        if (
            known is null
            && Volatile.Read(ref openedAt) is var opened
            && opened != long.MinValue
            && BreakDuration - time.GetElapsedTime(opened) is var remaining
            && remaining > TimeSpan.Zero
        )
        {
            return Outcome.FromException<HttpResponseMessage>(CircuitIsOpen(call, remaining, inner: null));
        }
        var outcome = known is null ? await SendAsync(call, context.CancellationToken).ConfigureAwait(false) : OutcomeOf(known);
        if (outcome.Exception is { } fault ? call.IsConnectionFault(fault) : outcome.Result!.IsSuccessStatusCode)
            await circuit.ExecuteOutcomeAsync(static (_, result) => ValueTask.FromResult(result), context, outcome).ConfigureAwait(false);
        return outcome;
    }

    private static async ValueTask<Outcome<HttpResponseMessage>> SendAsync(BackChannelCall call, CancellationToken cancellationToken)
    {
        try
        {
            return Outcome.FromResult(await call.SendAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            return Outcome.FromException<HttpResponseMessage>(exception);
        }
    }

    private static Outcome<HttpResponseMessage> OutcomeOf(Attempt first) =>
        first.Fault is null ? Outcome.FromResult(first.Answer!) : Outcome.FromException<HttpResponseMessage>(first.Fault);

    private static bool ShouldRetry(RetryPredicateArguments<HttpResponseMessage> attempt)
    {
        var call = attempt.Context.Properties.GetValue(CallKey, null!);
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
        attempt.Context.Properties.Set(DelayKey, delay);
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
