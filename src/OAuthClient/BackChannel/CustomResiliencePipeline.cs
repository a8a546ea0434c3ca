using Polly;
using Polly.CircuitBreaker;
using Polly.Registry;
using Polly.Timeout;

namespace OAuthClient;

/// <summary>
/// Sends requests with the pipeline of the application (UseResilience). A request that the server must receive at most once is not sent
/// again, even if the pipeline retries it.
/// </summary>
internal sealed class CustomResiliencePipeline : BackChannelResilience
{
    private readonly ResiliencePipelineConfiguration choice;
    private readonly TimeProvider time;
    private readonly ResiliencePipeline<HttpResponseMessage> shared;

    public CustomResiliencePipeline(ResiliencePipelineConfiguration choice, TimeProvider time)
    {
        this.choice = choice;
        this.time = time;
        ResiliencePipelineBuilder<HttpResponseMessage> builder = new();
        Configure(builder);
        shared = builder.Build();
    }

    public override async Task<HttpResponseMessage> SendAsync(BackChannelCall call, Attempt? first, CancellationToken cancellationToken)
    {
        if (call.AffectsOtherRequests)
            return await SendAsync(call, shared, cancellationToken).ConfigureAwait(false);
        // The state of the shared pipeline, such as a circuit, must not depend on responses to requests that outside callers choose. Such a
        // request has its own pipeline, which the registry disposes of.
        ResiliencePipelineRegistry<string> registry = new();
        await using (registry.ConfigureAwait(false))
        {
            var own = registry.GetOrAddPipeline<HttpResponseMessage>("", Configure);
            return await SendAsync(call, own, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        BackChannelCall call,
        ResiliencePipeline<HttpResponseMessage> pipeline,
        CancellationToken cancellationToken
    )
    {
        using var deadline = new CancellationTokenSource(call.TimeLeft, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        // Serializes the attempts of a request that must be sent at most once, because a pipeline can start several (hedging). Each attempt
        // then sees the outcome of the previous one.
        var turn = call.IsSingleSend ? new SemaphoreSlim(1) : null;
        Attempt? last = null;
        var context = ResilienceContextPool.Shared.Get(end.Token);
        try
        {
            var outcome = await pipeline
                .ExecuteOutcomeAsync(
                    async (attempt, _) =>
                    {
                        try
                        {
                            if (turn is not null)
                                await turn.WaitAsync(attempt.CancellationToken).ConfigureAwait(false);
                        }
                        catch (OperationCanceledException exception)
                        {
                            return Outcome.FromException<HttpResponseMessage>(exception);
                        }
                        try
                        {
                            if (last is { } final && !call.CanBeSent)
                                return OutcomeOf(final);
                            var made = await AttemptAsync(call, attempt.CancellationToken).ConfigureAwait(false);
                            Volatile.Write(ref last, made);
                            // No further attempt is allowed, so the pipeline must not wait for one.
                            if (made.Answer?.IsSuccessStatusCode != true && !call.CanBeSent)
                                await end.CancelAsync().ConfigureAwait(false);
                            return OutcomeOf(made);
                        }
                        finally
                        {
                            turn?.Release();
                        }
                    },
                    context,
                    this
                )
                .ConfigureAwait(false);
            if (
                outcome.Exception is OperationCanceledException cancelled
                && !cancellationToken.IsCancellationRequested
                && end.IsCancellationRequested
            )
                outcome = deadline.IsCancellationRequested
                    ? Outcome.FromException<HttpResponseMessage>(call.Timeout(cancelled))
                    : OutcomeOf(last!);
            if (Rejection(outcome.Exception, call) is { } rejection)
                throw rejection;
            outcome.ThrowIfException();
            return outcome.Result!;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private void Configure(ResiliencePipelineBuilder<HttpResponseMessage> builder)
    {
        builder.TimeProvider = time;
        choice.Configure(builder);
    }

    private static async Task<Attempt> AttemptAsync(BackChannelCall call, CancellationToken cancellationToken)
    {
        try
        {
            await call.WaitForRetryAfterAsync(cancellationToken).ConfigureAwait(false);
            var answer = await call.SendAsync(cancellationToken).ConfigureAwait(false);
            (answer.Content as BufferedResponseContent)?.ShowHeaders();
            return new(answer, null);
        }
        catch (Exception exception)
        {
            return new(null, exception);
        }
    }

    private static Outcome<HttpResponseMessage> OutcomeOf(Attempt attempt) =>
        attempt.Fault is null ? Outcome.FromResult(attempt.Answer!) : Outcome.FromException<HttpResponseMessage>(attempt.Fault);

    // Converts the exceptions of Polly to those of HttpClient, which callers handle.
    private static Exception? Rejection(Exception? exception, BackChannelCall call) =>
        exception switch
        {
            BrokenCircuitException => call.NotSent("the circuit of the application's pipeline (UseResilience) is open", exception),
            TimeoutRejectedException => new TaskCanceledException(
                exception.Message,
                new TimeoutException(exception.Message, exception),
                CancellationToken.None
            ),
            _ => null,
        };
}
