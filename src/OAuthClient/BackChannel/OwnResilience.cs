using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace OAuthClient;

/// <summary>How an application wants its own pipeline built: once for each server.</summary>
internal sealed record PipelineChoice(Action<ResiliencePipelineBuilder<HttpResponseMessage>> Configure);

/// <summary>The application's own pipeline in place of the built-in one. It decides; but what is spent by being sent is sent no second time for it.</summary>
internal sealed class OwnResilience : Resilience
{
    private readonly TimeProvider time;
    private readonly ResiliencePipeline<HttpResponseMessage> pipeline;

    public OwnResilience(PipelineChoice choice, TimeProvider time)
    {
        this.time = time;
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        choice.Configure(builder);
        pipeline = builder.Build();
    }

    public override async Task<HttpResponseMessage> SendAsync(Exchange exchange, Attempt? first, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(exchange.TimeLeft, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        Attempt? last = null;
        int underWay = 0;
        var context = ResilienceContextPool.Shared.Get(end.Token);
        try
        {
            var outcome = await pipeline.ExecuteOutcomeAsync(
                async (attempt, _) =>
                {
                    if (!exchange.MayBeSent && Volatile.Read(ref last) is { } final)
                        return OutcomeOf(final);
                    Interlocked.Increment(ref underWay);
                    var made = await AttemptAsync(exchange, attempt.CancellationToken).ConfigureAwait(false);
                    Volatile.Write(ref last, made);
                    // Nothing may follow, so that there is nothing to wait for, whatever the pipeline would do next. But one that was
                    // begun beside another must not take it down.
                    if (Interlocked.Decrement(ref underWay) == 0 && made.Answer?.IsSuccessStatusCode != true && !exchange.MayBeSent)
                        await end.CancelAsync().ConfigureAwait(false);
                    return OutcomeOf(made);
                },
                context, this).ConfigureAwait(false);
            if (outcome.Exception is OperationCanceledException late && !cancellationToken.IsCancellationRequested && end.IsCancellationRequested)
                outcome = deadline.IsCancellationRequested ? Outcome.FromException<HttpResponseMessage>(exchange.Late(late)) : OutcomeOf(last!);
            if (Rejection(outcome.Exception, exchange) is { } rejection)
                throw rejection;
            outcome.ThrowIfException();
            return outcome.Result!;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static async Task<Attempt> AttemptAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        try
        {
            await exchange.WaitForQuietAsync(cancellationToken).ConfigureAwait(false);
            var answer = await exchange.SendAsync(cancellationToken).ConfigureAwait(false);
            (answer.Content as Answer)?.ShowHeaders();
            return new(answer, null);
        }
        catch (Exception exception)
        {
            return new(null, exception);
        }
    }

    private static Outcome<HttpResponseMessage> OutcomeOf(Attempt attempt) =>
        attempt.Fault is null ? Outcome.FromResult(attempt.Answer!) : Outcome.FromException<HttpResponseMessage>(attempt.Fault);

    // Polly's own exceptions in the words of a network, which are the only ones that callers need to know.
    private static Exception? Rejection(Exception? exception, Exchange exchange) => exception switch
    {
        BrokenCircuitException => exchange.NotAsked("the circuit of your pipeline (UseResilience) is open", exception),
        TimeoutRejectedException => new TaskCanceledException(exception.Message, new TimeoutException(exception.Message, exception), CancellationToken.None),
        _ => null,
    };
}
