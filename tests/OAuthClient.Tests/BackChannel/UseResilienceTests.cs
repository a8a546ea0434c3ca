using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;
using Polly;
using Polly.CircuitBreaker;
using Polly.Hedging;
using Polly.Retry;

namespace OAuthClient.Tests;

/// <summary>The application's own pipeline decides, but not about what was spent by being sent, nor about the deadline.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UseResilienceTests
{
    private static RetryStrategyOptions<HttpResponseMessage> Stubborn =>
        new()
        {
            MaxRetryAttempts = 5,
            Delay = TimeSpan.Zero,
            ShouldHandle = static attempt =>
                ValueTask.FromResult(attempt.Outcome.Exception is not null || (int)attempt.Outcome.Result!.StatusCode >= 500),
        };

    [Test]
    [Description("What does no harm twice is sent again as the application wants it")]
    public async Task Harmless_requests_follow_it()
    {
        await using var host = await StartAsync(pipeline => pipeline.AddRetry(Stubborn));
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503), times: 3);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.TruncatedBody(), times: 2);
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])).Promptly();
        Assert.That(host.TokenRequests, Is.EqualTo(6));
    }

    [Test]
    [Description("An empty pipeline: no second attempt, no circuit")]
    public async Task None_at_all()
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
    [Description("RFC 6749 §4.1.2, threat: code sent twice. However stubborn the pipeline, and without waiting for its pauses")]
    public async Task Spent_requests_are_not_sent_again([Values] bool refresh, [Values] bool answered)
    {
        var stubborn = Stubborn;
        stubborn.Delay = TimeSpan.FromSeconds(1);
        await using var host = await StartAsync(pipeline => pipeline.AddRetry(stubborn));
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
    [Description("RFC 6749 §4.1.2, threat: code sent twice. Two attempts side by side: one leaves")]
    [Repeat(5)]
    public async Task Spent_requests_are_not_hedged([Values] bool refresh)
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
    [Description("What did not leave may be sent again")]
    public async Task Spent_requests_that_did_not_leave_follow_it()
    {
        int refusals = 0;
        await using var host = await StartAsync(
            pipeline => pipeline.AddRetry(Stubborn),
            builder => builder.BackChannel.AddHttpMessageHandler(() => new Refusing(() => Interlocked.Decrement(ref refusals) >= 0))
        );
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = AuthorizationResponse.Parse(await host.Server.SignInAsync(pending.AuthorizationUri));
        refusals = 5;
        await host.Client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("42")).Promptly();
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("The deadline holds, whatever the pipeline waits for")]
    public async Task The_deadline_holds()
    {
        await using var host = await StartAsync(pipeline =>
            pipeline.AddRetry(new() { Delay = TimeSpan.FromHours(1), ShouldHandle = Stubborn.ShouldHandle })
        );
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        var request = host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        while (await host.Clock.WaitForTimerAsync() < TimeSpan.FromHours(1))
        {
            // The deadline and the attempt have timers, too.
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
    [Description("The caller's cancellation is the caller's")]
    public async Task Cancelled_by_the_caller()
    {
        await using var host = await StartAsync(pipeline =>
            pipeline.AddRetry(new() { Delay = TimeSpan.FromHours(1), ShouldHandle = Stubborn.ShouldHandle })
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
    [Description("Polly's own exceptions come in the words of a network, which are the only ones callers need to know")]
    public async Task A_circuit_of_ones_own()
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
                .With.Message.Contain("was not asked")
                .And.InnerException.InstanceOf<BrokenCircuitException>()
        );
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("A timeout of the pipeline's looks like every other")]
    public async Task A_timeout_of_ones_own()
    {
        await using var host = await StartAsync(pipeline => pipeline.AddTimeout(TimeSpan.FromSeconds(3)));
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never));
        var request = host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        host.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.That(() => request.Promptly(), Throws.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
    }

    [Test]
    [Description("A pipeline sees the whole answer, headers and body, and may put another in its place")]
    public async Task It_sees_the_answer()
    {
        string? seen = null;
        await using var host = await StartAsync(pipeline =>
            pipeline.AddFallback(
                new()
                {
                    ShouldHandle = static attempt => ValueTask.FromResult(attempt.Outcome.Result?.StatusCode == HttpStatusCode.BadGateway),
                    FallbackAction = async attempt =>
                    {
                        var answer = attempt.Outcome.Result!;
                        seen = answer.Content.Headers.ContentType + " " + await answer.Content.ReadAsStringAsync();
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

    private sealed class Refusing(Func<bool> refuses) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            refuses()
                ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused")
                : base.SendAsync(request, cancellationToken);
    }
}
