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
    [Description("Threat: slow body. An answer that never begins is over at the deadline, not before, as HttpClient's own timeout would be")]
    public async Task Silent_server()
    {
        await using var bench = await OAuthTestHost.StartAsync(retries: true);
        bench.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never));
        var request = bench.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")));
        await bench.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        bench.Clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.That(request.IsCompleted, Is.False);
        bench.Clock.Advance(TimeSpan.FromTicks(1));

        Assert.That(
            async () => await request.Promptly(),
            Throws.TypeOf<TaskCanceledException>()
                .With.InnerException.TypeOf<TimeoutException>()
                .And.Message.Contain("token endpoint").And.Message.Contain("30 s").And.Message.Contain("BackChannelDeadline"));
    }

    [Test]
    [Description("Threat: slow body. One byte a second does not keep a request alive: the deadline counts the body too")]
    public async Task One_byte_a_second()
    {
        await using var bench = await OAuthTestHost.StartAsync(retries: true);
        bench.Server.Faults.Add(TestEndpoint.Token, Fault.SlowBody(Second));
        var request = bench.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")));
        await bench.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        for (int second = 1; second < 30; second++)
            bench.Clock.Advance(Second);
        Assert.That(request.IsCompleted, Is.False);
        bench.Clock.Advance(Second);

        Assert.That(async () => await request.Promptly(), Throws.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
    }

    [Test]
    [Description("The deadline is BackChannelDeadline, also when it is longer than HttpClient's own 100 seconds")]
    public async Task Deadline_of_the_options()
    {
        await using var bench = await OAuthTestHost.StartAsync(
            o => o.BackChannelDeadline = TimeSpan.FromMinutes(4),
            builder => builder.BackChannel.ConfigureHttpClient(http => http.Timeout = TimeSpan.FromTicks(1)));
        bench.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never));
        var request = bench.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")));
        await bench.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        bench.Clock.Advance(TimeSpan.FromMinutes(4) - Second);
        Assert.That(request.IsCompleted, Is.False);
        bench.Clock.Advance(Second);

        Assert.That(async () => await request.Promptly(), Throws.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
    }

    [Test]
    [Description("The caller's cancellation passes as it is, and is no timeout")]
    public async Task Cancelled_by_the_caller()
    {
        await using var bench = await OAuthTestHost.StartAsync(retries: true);
        bench.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never));
        using CancellationTokenSource cancellation = new();
        var request = bench.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")), cancellation.Token);
        await bench.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        await cancellation.CancelAsync();

        var exception = Assert.CatchAsync<OperationCanceledException>(async () => await request.Promptly());
        Assert.That(exception!.InnerException, Is.Not.TypeOf<TimeoutException>());
    }

    [Test]
    [Description("Cancelled before it began: nothing is sent")]
    public async Task Cancelled_before()
    {
        await using var bench = await OAuthTestHost.StartAsync(retries: true);
        Assert.That(
            async () => await bench.Client.RequestTokenAsync(TokenRequest.Refresh(new("token")), new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(bench.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 6749 §4.1.2: once the code has been sent, the browser that leaves does not stop the exchange")]
    public async Task Code_exchange_goes_on_without_its_browser()
    {
        await using var bench = await OAuthTestHost.StartAsync(retries: true);
        TaskCompletionSource release = new();
        bench.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task));
        var pending = await bench.Client.BeginAuthorizationAsync();
        var callback = AuthorizationResponse.Parse(await bench.Server.SignInAsync(pending.AuthorizationUri));
        using CancellationTokenSource browser = new();
        var completion = bench.Client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("42"), browser.Token);
        await bench.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        await browser.CancelAsync();
        release.SetResult();

        Assert.That((await completion.Promptly()).CanRefresh);
        Assert.That(await bench.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
    }
}
