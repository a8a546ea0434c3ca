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

    public override async Task<HttpResponseMessage> SendAsync(BackChannelCall call, CancellationToken cancellationToken)
    {
        try
        {
            if (call.AffectsOtherRequests)
                return await SendAsync(call, shared, cancellationToken).ConfigureAwait(false);
            // The state of the shared pipeline, such as a circuit, must not depend on responses to requests that outside callers choose.
            // Such a request has its own pipeline, which the registry disposes of.
            ResiliencePipelineRegistry<string> registry = new();
            await using (registry.ConfigureAwait(false))
            {
                var own = registry.GetOrAddPipeline<HttpResponseMessage>("", Configure);
                return await SendAsync(call, own, cancellationToken).ConfigureAwait(false);
            }
        }
        // The exceptions of Polly become those of HttpClient, which callers handle.
        catch (BrokenCircuitException exception)
        {
            throw call.NotSent("the circuit of the application's pipeline (UseResilience) is open", exception);
        }
        catch (TimeoutRejectedException exception)
        {
            throw new TaskCanceledException(exception.Message, new TimeoutException(exception.Message, exception), CancellationToken.None);
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
        Task<HttpResponseMessage>? last = null;
        try
        {
            return await pipeline
                .ExecuteAsync(
                    async attempt =>
                    {
                        if (turn is not null)
                            await turn.WaitAsync(attempt).ConfigureAwait(false);
                        try
                        {
                            if (last is { } final && !call.CanBeSent)
                                return await final.ConfigureAwait(false);
                            var made = call.AttemptAsync(attempt);
                            await ((Task)made).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                            Volatile.Write(ref last, made);
                            if (made.IsCompletedSuccessfully)
                                (made.Result.Content as BufferedResponseContent)?.ShowHeaders();
                            // No further attempt is allowed, so the pipeline must not wait for one.
                            if (!call.CanBeSent && !(made.IsCompletedSuccessfully && made.Result.IsSuccessStatusCode))
                                await end.CancelAsync().ConfigureAwait(false);
                            return await made.ConfigureAwait(false);
                        }
                        finally
                        {
                            turn?.Release();
                        }
                    },
                    end.Token
                )
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (!cancellationToken.IsCancellationRequested && end.IsCancellationRequested)
        {
            if (deadline.IsCancellationRequested)
                throw call.Timeout(cancelled);
            return await last!.ConfigureAwait(false);
        }
    }

    private void Configure(ResiliencePipelineBuilder<HttpResponseMessage> builder)
    {
        builder.TimeProvider = time;
        choice.Configure(builder);
    }
}
