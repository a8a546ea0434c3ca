using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the deadline of a complete request, which uses the client's clock, and the caller's cancellation.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DeadlineTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    [Description("A request without response is cancelled at the deadline and not by the timeout of HttpClient")]
    public async Task A_request_without_response_ends_at_the_deadline()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never));
        var request = host.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")));
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        host.Clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.That(request.IsCompleted, Is.False);
        host.Clock.Advance(TimeSpan.FromTicks(1));

        Assert.That(
            async () => await request.Promptly(),
            Throws
                .TypeOf<TaskCanceledException>()
                .With.InnerException.TypeOf<TimeoutException>()
                .And.Message.Contain("token endpoint")
                .And.Message.Contain("30 s")
                .And.Message.Contain("BackChannelDeadline")
        );
    }

    [Test]
    [Description("The deadline includes the body, so that a slow body does not extend the request")]
    public async Task A_slow_body_ends_at_the_deadline()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.SlowBody(Second));
        var request = host.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")));
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        for (int second = 1; second < 30; second++)
            host.Clock.Advance(Second);
        Assert.That(request.IsCompleted, Is.False);
        host.Clock.Advance(Second);

        Assert.That(
            async () => await request.Promptly(),
            Throws.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>()
        );
    }

    [Test]
    [Description("The deadline is BackChannelDeadline, even if it is longer than the timeout of HttpClient")]
    public async Task The_option_sets_the_deadline()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => o.BackChannelDeadline = TimeSpan.FromMinutes(4),
            builder => builder.BackChannel.ConfigureHttpClient(http => http.Timeout = TimeSpan.FromTicks(1))
        );
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never));
        var request = host.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")));
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        host.Clock.Advance(TimeSpan.FromMinutes(4) - Second);
        Assert.That(request.IsCompleted, Is.False);
        host.Clock.Advance(Second);

        Assert.That(
            async () => await request.Promptly(),
            Throws.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>()
        );
    }

    [Test]
    [Description("Cancellation by the caller is not a timeout")]
    public async Task Cancellation_by_the_caller_is_not_a_timeout()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never));
        using CancellationTokenSource cancellation = new();
        var request = host.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")), cancellation.Token);
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        await cancellation.CancelAsync();

        var exception = Assert.CatchAsync<OperationCanceledException>(async () => await request.Promptly());
        Assert.That(exception!.InnerException, Is.Not.TypeOf<TimeoutException>());
    }

    [Test]
    [Description("A request that is cancelled before it starts is not sent")]
    public async Task A_cancelled_request_is_not_sent()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")), new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 6749 §4.1.2: cancellation does not stop the code exchange once the code has been sent")]
    public async Task The_code_exchange_completes_without_the_browser()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task));
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = AuthorizationResponse.Parse(await host.Server.SignInAsync(pending.AuthorizationUri));
        using CancellationTokenSource browser = new();
        var completion = host.Client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("42"), browser.Token);
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        await browser.CancelAsync();
        release.SetResult();

        Assert.That((await completion.Promptly()).CanRefresh);
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
    }
}
