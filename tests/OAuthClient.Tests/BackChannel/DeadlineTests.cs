using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>One deadline for the whole exchange, on the client's own clock; the caller's cancellation stays the caller's.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DeadlineTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    [Description(
        "Threat: slow body. An answer that never begins is over at the deadline, not before, as HttpClient's own timeout would be"
    )]
    public async Task Silent_server()
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
    [Description("Threat: slow body. One byte a second does not keep a request alive: the deadline counts the body too")]
    public async Task One_byte_a_second()
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
    [Description("The deadline is BackChannelDeadline, also when it is longer than HttpClient's own 100 seconds")]
    public async Task Deadline_of_the_options()
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
    [Description("The caller's cancellation passes as it is, and is no timeout")]
    public async Task Cancelled_by_the_caller()
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
    [Description("Cancelled before it began: nothing is sent")]
    public async Task Cancelled_before()
    {
        await using var host = await OAuthTestHost.StartAsync(retries: true);
        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")), new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 6749 §4.1.2: once the code has been sent, the browser that leaves does not stop the exchange")]
    public async Task Code_exchange_goes_on_without_its_browser()
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
