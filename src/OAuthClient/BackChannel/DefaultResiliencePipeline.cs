using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace OAuthClient;

/// <summary>
/// Sends again what may be sent again, later each time, and leaves a server alone that does nothing but fail. Built when something
/// has failed for the first time: most processes never get there, and Polly would cost them much of their start.
/// </summary>
internal sealed class DefaultResiliencePipeline : BackChannelResilience
{
    private const int MaximumRetries = 3;
    private const int FirstPauseMilliseconds = 500;
    private static readonly TimeSpan BreakDuration = TimeSpan.FromSeconds(5);
    private static readonly ResiliencePropertyKey<BackChannelCall> CallKey = new("OAuthClient.BackChannelCall");
    private static readonly ResiliencePropertyKey<TimeSpan> PauseKey = new("OAuthClient.Pause");

    private readonly string origin;
    private readonly TimeProvider time;
    private readonly ResiliencePipeline<HttpResponseMessage> retries;
    private readonly ResiliencePipeline<HttpResponseMessage> circuit;

    // When the circuit opened, in timestamps; closed when it is the minimum.
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
                    ShouldHandle = static attempt => ValueTask.FromResult(IsWorthRepeating(attempt)),
                    DelayGenerator = static attempt =>
                        ValueTask.FromResult<TimeSpan?>(attempt.Context.Properties.GetValue(PauseKey, default)),
                }
            )
            .Build();
        circuit = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddCircuitBreaker(
                new()
                {
                    // A server that answers every fifth request is still of use; one that answers none is not helped by being asked.
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

    // The circuit hears of an attempt made before it was built, too.
    private async ValueTask<Outcome<HttpResponseMessage>> AttemptAsync(BackChannelCall call, Attempt? known, ResilienceContext context)
    {
        try
        {
            if (known is null)
                await call.WaitForRetryAfterAsync(context.CancellationToken).ConfigureAwait(false);
            if (!call.AffectsOtherRequests)
                return await AttemptBesideAsync(call, known, context).ConfigureAwait(false);
            var outcome = await circuit
                .ExecuteOutcomeAsync(
                    static (attempt, all) =>
                        all.known is null ? SendAsync(all.call, attempt.CancellationToken) : ValueTask.FromResult(OutcomeOf(all.known)),
                    context,
                    (call, known)
                )
                .ConfigureAwait(false);
            return outcome.Exception is BrokenCircuitException broken
                ? Outcome.FromException<HttpResponseMessage>(LeftAlone(call, broken.RetryAfter ?? BreakDuration, broken.InnerException))
                : outcome;
        }
        catch (Exception exception)
        {
            return Outcome.FromException<HttpResponseMessage>(exception);
        }
    }

    // An open circuit holds up every request. But the request of an outside caller is not the one that finds out whether the server is
    // back: its error answers would open or close the circuit, and while it lasts no other request could find out. Only what such a caller
    // cannot bring about counts: that no connection was made, and that the server accepted the request.
    private async ValueTask<Outcome<HttpResponseMessage>> AttemptBesideAsync(
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
            return Outcome.FromException<HttpResponseMessage>(LeftAlone(call, remaining, inner: null));
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

    private static bool IsWorthRepeating(RetryPredicateArguments<HttpResponseMessage> attempt)
    {
        var call = attempt.Context.Properties.GetValue(CallKey, null!);
        bool mayPass = attempt.Outcome.Exception is { } fault
            ? TransientErrors.IsTransient(fault)
            : TransientErrors.IsTransient(attempt.Outcome.Result!.StatusCode);
        if (!mayPass || !call.CanBeSent)
            return false;
        // Half of it by chance, so that many who failed together do not come back together.
        int pause = FirstPauseMilliseconds << attempt.AttemptNumber;
        var wait = TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(pause / 2, pause + 1));
        if (call.RetryAfterRemaining is var quiet && quiet > wait)
            wait = quiet;
        attempt.Context.Properties.Set(PauseKey, wait);
        // The fault at hand says more than a deadline that passed while waiting.
        return wait < call.TimeLeft;
    }

    private static bool IsServerError(Outcome<HttpResponseMessage> outcome) =>
        outcome.Exception is { } fault ? TransientErrors.IsTransient(fault) : TransientErrors.IsServerError(outcome.Result!.StatusCode);

    private RequestNotSentException LeftAlone(BackChannelCall call, TimeSpan remaining, Exception? inner) =>
        call.NotSent($"{origin} has done nothing but fail, and is left alone for another {BackChannelCall.Seconds(remaining)}", inner);
}
