using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;
using Polly;
using Polly.CircuitBreaker;
using Polly.Hedging;
using Polly.Retry;

namespace OAuthClient.Tests;

/// <summary>Tests a resilience pipeline of the application, which can neither repeat single-use requests nor exceed the deadline.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UseResilienceTests
{
    private static RetryStrategyOptions<HttpResponseMessage> RetryAll =>
        new()
        {
            MaxRetryAttempts = 5,
            Delay = TimeSpan.Zero,
            ShouldHandle = static attempt =>
                ValueTask.FromResult(attempt.Outcome.Exception is not null || (int)attempt.Outcome.Result!.StatusCode >= 500),
        };

    [Test]
    [Description("Repeatable requests are retried as the pipeline says")]
    public async Task Repeatable_requests_follow_the_pipeline()
    {
        await using var host = await StartAsync(pipeline => pipeline.AddRetry(RetryAll));
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503), times: 3);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.TruncatedBody(), times: 2);
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])).Promptly();
        Assert.That(host.TokenRequests, Is.EqualTo(6));
    }

    [Test]
    [Description("An empty pipeline has no retries and no circuit breaker")]
    public async Task An_empty_pipeline_sends_each_request_once()
    {
        await using var host = await StartAsync(_ => { });
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        for (int i = 1; i <= 20; i++)
        {
            Assert.That(
                () => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly(),
                Throws.TypeOf<TokenEndpointException>()
            );
            Assert.That(host.TokenRequests, Is.EqualTo(i));
        }
    }

    [Test]
    [Description("RFC 6749 §4.1.2: the pipeline cannot retry a single-use request, and its delays are skipped")]
    public async Task Single_use_requests_are_not_retried([Values] bool refresh, [Values] bool answered)
    {
        var strategy = RetryAll;
        strategy.Delay = TimeSpan.FromSeconds(1);
        await using var host = await StartAsync(pipeline => pipeline.AddRetry(strategy));
        host.Server.Faults.Add(TestEndpoint.Token, answered ? Fault.Status(503) : Fault.ResetAfterWork());
        Assert.That(
            () => Act(host, refresh).Promptly(),
            answered
                ? Throws
                    .TypeOf<TokenEndpointException>()
                    .With.Property(nameof(EndpointException.StatusCode))
                    .EqualTo(HttpStatusCode.ServiceUnavailable)
                : Throws.TypeOf<HttpRequestException>()
        );
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 6749 §4.1.2: of several concurrent attempts one is sent")]
    [Repeat(5)]
    public async Task Single_use_requests_are_not_hedged([Values] bool refresh)
    {
        await using var host = await StartAsync(pipeline =>
            pipeline.AddHedging(
                new HedgingStrategyOptions<HttpResponseMessage>
                {
                    MaxHedgedAttempts = 3,
                    Delay = TimeSpan.Zero,
                    ShouldHandle = static attempt =>
                        ValueTask.FromResult(attempt.Outcome.Exception is not null || (int)attempt.Outcome.Result!.StatusCode >= 500),
                }
            )
        );
        if (refresh)
        {
            var grant = await host.SignedInAsync();
            await host.Client.RequestTokenAsync(TokenRequest.Refresh(grant.RefreshToken!)).Promptly();
        }
        else
        {
            await host.SignInAsync().Promptly();
        }
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("A single-use request that was not sent is retried")]
    public async Task Single_use_requests_that_were_not_sent_follow_the_pipeline()
    {
        int failures = 0;
        await using var host = await StartAsync(
            pipeline => pipeline.AddRetry(RetryAll),
            builder =>
                builder.BackChannel.AddHttpMessageHandler(() => new UnreachableHandler(() => Interlocked.Decrement(ref failures) >= 0))
        );
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = AuthorizationResponse.Parse(await host.Server.SignInAsync(pending.AuthorizationUri));
        failures = 5;
        await host.Client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("42")).Promptly();
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("The deadline ends the delays of the pipeline")]
    public async Task The_deadline_ends_a_delay()
    {
        await using var host = await StartAsync(pipeline =>
            pipeline.AddRetry(new() { Delay = TimeSpan.FromHours(1), ShouldHandle = RetryAll.ShouldHandle })
        );
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        var request = host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        while (await host.Clock.WaitForTimerAsync() < TimeSpan.FromHours(1))
        {
            // The deadline and the attempt use timers too.
        }
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That(
            () => request.Promptly(),
            Throws
                .TypeOf<TaskCanceledException>()
                .With.InnerException.TypeOf<TimeoutException>()
                .And.Message.Contain("30 s (BackChannelDeadline)")
        );
    }

    [Test]
    [Description("Cancellation by the caller is not a timeout")]
    public async Task Cancellation_by_the_caller_is_not_a_timeout()
    {
        await using var host = await StartAsync(pipeline =>
            pipeline.AddRetry(new() { Delay = TimeSpan.FromHours(1), ShouldHandle = RetryAll.ShouldHandle })
        );
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        using CancellationTokenSource cancellation = new();
        var request = host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(), cancellation.Token);
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        await cancellation.CancelAsync();
        var exception = Assert.CatchAsync<OperationCanceledException>(() => request.Promptly())!;
        Assert.That(exception.InnerException, Is.Not.TypeOf<TimeoutException>());
    }

    [Test]
    [Description("A circuit breaker exception of Polly is wrapped in an HttpRequestException, which callers handle")]
    public async Task A_circuit_breaker_of_the_pipeline_throws_HttpRequestException()
    {
        await using var host = await StartAsync(pipeline =>
            pipeline.AddCircuitBreaker(
                new()
                {
                    MinimumThroughput = 2,
                    FailureRatio = 0.5,
                    ShouldHandle = static attempt => ValueTask.FromResult((int?)attempt.Outcome.Result?.StatusCode >= 500),
                }
            )
        );
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        for (int i = 0; i < 2; i++)
            Assert.That(
                () => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly(),
                Throws.TypeOf<TokenEndpointException>()
            );
        Assert.That(
            () => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly(),
            Throws
                .InstanceOf<HttpRequestException>()
                .With.Message.Contain("No request was sent")
                .And.InnerException.InstanceOf<BrokenCircuitException>()
        );
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("A timeout of the pipeline throws the same exceptions as the deadline")]
    public async Task A_timeout_of_the_pipeline_throws_TaskCanceledException()
    {
        await using var host = await StartAsync(pipeline => pipeline.AddTimeout(TimeSpan.FromSeconds(3)));
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never));
        var request = host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        host.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.That(() => request.Promptly(), Throws.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
    }

    [Test]
    [Description("A pipeline receives the complete response and may replace it")]
    public async Task The_pipeline_may_replace_the_response()
    {
        string? seen = null;
        await using var host = await StartAsync(pipeline =>
            pipeline.AddFallback(
                new()
                {
                    ShouldHandle = static attempt => ValueTask.FromResult(attempt.Outcome.Result?.StatusCode == HttpStatusCode.BadGateway),
                    FallbackAction = async attempt =>
                    {
                        var original = attempt.Outcome.Result!;
                        seen = original.Content.Headers.ContentType + " " + await original.Content.ReadAsStringAsync();
                        return Outcome.FromResult(ScriptedServer.Json(200, ScriptedServer.Tokens("a substitute")));
                    },
                }
            )
        );
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(502, "<html>", "text/html"));
        var response = await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();
        Assert.That(response.AccessToken.Reveal(), Is.EqualTo("a substitute"));
        Assert.That(seen, Does.StartWith("text/html").And.EndWith(" <html>"));
    }

    private static Task Act(OAuthTestHost host, bool refresh) =>
        refresh ? host.Client.RequestTokenAsync(TokenRequest.Refresh(new("the-token"))) : host.SignInAsync();

    private static Task<OAuthTestHost> StartAsync(
        Action<ResiliencePipelineBuilder<HttpResponseMessage>> pipeline,
        Action<OAuthClientBuilder>? register = null
    ) =>
        OAuthTestHost.StartAsync(register: builder =>
        {
            builder.UseResilience(pipeline);
            register?.Invoke(builder);
        });

    private sealed class UnreachableHandler(Func<bool> fails) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            fails()
                ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused")
                : base.SendAsync(request, cancellationToken);
    }
}
