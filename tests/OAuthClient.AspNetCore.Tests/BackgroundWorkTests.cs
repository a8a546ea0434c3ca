using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests for which user background work of a request acts, during and after the request.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BackgroundWorkTests
{
    [Test]
    [Description("After the request has ended, background work acts for the owner of AsCurrentUser(). Without an owner no request is sent")]
    public async Task Background_work_requires_an_explicit_owner()
    {
        Task<string> withOwner = null!,
            withoutOwner = null!;
        await using var app = await App.StartAsync(
            services: (services, api) =>
                services
                    .AddHttpClient("later", http => http.BaseAddress = api.BaseAddress)
                    .AddAccessTokenHandler("photos", t => t.ForCurrentUser().To(api.BaseAddress)),
            endpoints: web =>
                web.MapGet(
                    "/order",
                    (ICurrentGrantOwner currentOwner, IHttpContextAccessor accessor, IHttpClientFactory http) =>
                    {
                        var owner = currentOwner.Find()!;
                        withOwner = Task.Run(async () =>
                        {
                            await EndOfRequestAsync(accessor);
                            using (owner.AsCurrentUser())
                                return await http.CreateClient("later").GetStringAsync("/me");
                        });
                        withoutOwner = Task.Run(async () =>
                        {
                            await EndOfRequestAsync(accessor);
                            return await http.CreateClient("later").GetStringAsync("/me");
                        });
                        return "ordered";
                    }
                )
        );
        var browser = app.OpenBrowser();
        await browser.ConnectAsync();
        Assert.That((await browser.GetAsync("/order")).Body, Is.EqualTo("ordered"));

        Assert.That(await withOwner.WaitAsync(TimeSpan.FromMinutes(1)), Does.Contain("alice"));
        await Assert.ThatAsync(
            () => withoutOwner.WaitAsync(TimeSpan.FromMinutes(1)),
            Throws.TypeOf<OAuthException>().With.Message.Contain("AsCurrentUser()")
        );
        Assert.That(app.Api.Requests, Has.Count.EqualTo(1));
    }

    public enum Protection
    {
        SuppressCurrentUser,
        ExplicitOwner,
    }

    [Test]
    [Description(
        "Threat: one user's token for another. A queue that starts during alice's request processes bob's job without sending a "
            + "request as alice"
    )]
    public async Task Queue_started_in_a_request_does_not_act_for_its_user([Values] Protection protection)
    {
        await using var app = await StartLongAsync(protection, out var queue, out var release);
        var alice = app.OpenBrowser("alice");
        await alice.ConnectAsync();
        var bob = app.OpenBrowser("bob");
        await bob.ConnectAsync(options: new() { UserName = "bob" });
        var streaming = alice.GetAsync("/stream");
        await queue.Started.Task.WaitAsync(TimeSpan.FromMinutes(1));

        var withoutOwner = await queue.AddAsync(http => http.GetStringAsync("/me"));
        await Assert.ThatAsync(
            () => withoutOwner.WaitAsync(TimeSpan.FromMinutes(1)),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain("not sent")
                .And.Message.Contain(protection == Protection.SuppressCurrentUser ? "outlived it" : "requireExplicitOwner")
        );
        Assert.That(app.Api.Requests, Is.Empty);
        var withOwner = await queue.AddAsync(async http =>
        {
            using (GrantOwner.User("bob").AsCurrentUser())
                return await http.GetStringAsync("/me");
        });
        Assert.That(await withOwner.WaitAsync(TimeSpan.FromMinutes(1)), Does.Contain("bob"));
        Assert.That(streaming.IsCompleted, Is.False, "alice's request is still running");
        release.SetResult();
        Assert.That((await streaming).Body, Is.EqualTo("streamed"));
    }

    [Test]
    [Description("Within a user's request SuppressCurrentUser() hides the user until it is disposed")]
    public async Task SuppressCurrentUser_hides_the_user_of_the_request()
    {
        await using var app = await App.StartAsync(endpoints: web =>
            web.MapGet(
                "/no-user",
                async (IHttpClientFactory http) =>
                {
                    using (GrantOwner.SuppressCurrentUser())
                    {
                        await Assert.ThatAsync(
                            () => http.CreateClient("photos").GetStringAsync("/me"),
                            Throws.TypeOf<OAuthException>().With.Message.Contain("SuppressCurrentUser()")
                        );
                    }
                    return await http.CreateClient("photos").GetStringAsync("/me");
                }
            )
        );
        var browser = app.OpenBrowser();
        await browser.ConnectAsync();
        Assert.That((await browser.GetAsync("/no-user")).Body, Does.Contain("alice"));
        Assert.That(app.Api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Back-channel handlers of an early refresh that a request starts see neither its HttpContext nor its user")]
    public async Task Background_refresh_does_not_see_the_request()
    {
        ConcurrentQueue<HttpContext?> seen = new();
        await using var app = await App.StartAsync(
            services: (services, _) =>
                services
                    .AddHttpContextAccessor()
                    .AddOptions<HttpClientFactoryOptions>("OAuthClient.BackChannel:photos")
                    .PostConfigure<IHttpContextAccessor>(
                        (o, accessor) =>
                            o.HttpMessageHandlerBuilderActions.Add(builder =>
                                builder.AdditionalHandlers.Add(new ContextRecordingHandler(accessor, seen))
                            )
                    )
        );
        var browser = app.OpenBrowser();
        await browser.ConnectAsync();
        seen.Clear();
        app.Time.Advance(TimeSpan.FromMinutes(59) + TimeSpan.FromSeconds(45));
        Assert.That((await browser.GetAsync("/me")).Body, Does.Contain("alice"));
        while (seen.IsEmpty)
            await Task.Yield();
        Assert.That(seen, Is.All.Null);
    }

    private static Task<App> StartLongAsync(Protection protection, out Queue queue, out TaskCompletionSource release)
    {
        Queue jobs = queue = new(protection);
        TaskCompletionSource end = release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return App.StartAsync(
            services: (services, api) =>
                services
                    .AddHttpClient("later", http => http.BaseAddress = api.BaseAddress)
                    .AddAccessTokenHandler(
                        "photos",
                        t => t.ForCurrentUser(requireExplicitOwner: protection == Protection.ExplicitOwner).To(api.BaseAddress)
                    ),
            endpoints: web =>
                web.MapGet(
                    "/stream",
                    async (IHttpClientFactory http) =>
                    {
                        jobs.Start(http);
                        await end.Task;
                        return "streamed";
                    }
                )
        );
    }

    /// <summary>A singleton whose processing loop starts in the first request that uses it.</summary>
    private sealed class Queue(Protection protection)
    {
        private readonly Channel<(Func<HttpClient, Task<string>> Job, TaskCompletionSource<string> Done)> jobs = Channel.CreateUnbounded<(
            Func<HttpClient, Task<string>>,
            TaskCompletionSource<string>
        )>();

        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Start(IHttpClientFactory http)
        {
            using (protection == Protection.SuppressCurrentUser ? GrantOwner.SuppressCurrentUser() : null)
                _ = Task.Run(() => RunAsync(http));
            Started.SetResult();
        }

        public async Task<Task<string>> AddAsync(Func<HttpClient, Task<string>> job)
        {
            TaskCompletionSource<string> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await jobs.Writer.WriteAsync((job, done));
            return done.Task;
        }

        private async Task RunAsync(IHttpClientFactory http)
        {
            await foreach (var (job, done) in jobs.Reader.ReadAllAsync())
            {
                try
                {
                    done.SetResult(await job(http.CreateClient("later")));
                }
                catch (OAuthException exception)
                {
                    done.SetException(exception);
                }
            }
        }
    }

    private sealed class ContextRecordingHandler(IHttpContextAccessor accessor, ConcurrentQueue<HttpContext?> seen) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Enqueue(accessor.HttpContext);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private static async Task EndOfRequestAsync(IHttpContextAccessor accessor)
    {
        while (accessor.HttpContext is not null)
            await Task.Yield();
    }
}
