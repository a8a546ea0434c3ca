using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Polly;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Threat: background work that is started lazily inside a user's request. Work that outlives the call, or serves other callers, sees no
/// ambient value of the caller that happened to start it.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BackgroundContextTests
{
    private const string Alice = "alice";
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(3570);
    private static readonly AsyncLocal<string?> Ambient = new();

    [TestCase("42")]
    [TestCase(null)]
    [Description(
        "An early refresh: handlers of the back channel, the store and the log see no ambient value and no activity of the caller"
    )]
    public async Task Early_refresh(string? owner)
    {
        Sightings seen = new();
        FailingStore store = new(new InMemoryGrantStore(new ManualTimeProvider()))
        {
            BeforeLeasing = () =>
            {
                seen.Look("store");
                return Task.CompletedTask;
            },
        };
        await using ScriptedServer server = new(
            register: builder => builder.BackChannel.AddHttpMessageHandler(() => new Looking(seen)),
            registerFirst: services => services.AddSingleton<IGrantStore>(store).AddSingleton<ILoggerProvider>(new LookingLog(seen))
        );
        await server.SignedInAsync(Tokens("user-1", "rt-1"));
        server.Answers(Tokens("client-1"));
        await server.Client.GetAccessTokenAsync(GrantOwner.Client);
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Answers(_ =>
        {
            asked.TrySetResult();
            return Json(400, """{"error":"invalid_request"}""");
        });
        server.Clock.Advance(Early);
        seen.Clear();

        using Activity caller = new("request");
        caller.AddBaggage("user", Alice).Start();
        Ambient.Value = Alice;
        await server.Client.GetAccessTokenAsync(owner is null ? GrantOwner.Client : GrantOwner.User(owner));
        await asked.Task.Promptly();
        await Eventually.UntilAsync(() => seen.Places.Contains("log"));

        Assert.That(seen.Places, Is.SupersetOf(owner is null ? ["handler", "log"] : new[] { "handler", "log", "store" }));
        seen.RequireNothing();
    }

    [Test]
    [Description(
        "A circuit breaker of the application is built inside one user's call; its callbacks, which Polly runs on a task, serve all"
    )]
    public async Task Resilience_callbacks()
    {
        Sightings seen = new();
        TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(register: builder =>
            builder.UseResilience(pipeline =>
            {
                seen.Look("configure");
                pipeline.AddCircuitBreaker(
                    new()
                    {
                        FailureRatio = 0.1,
                        MinimumThroughput = 2,
                        ShouldHandle = static attempt => ValueTask.FromResult(attempt.Outcome.Result is { IsSuccessStatusCode: false }),
                        OnOpened = _ =>
                        {
                            seen.Look("opened");
                            opened.TrySetResult();
                            return ValueTask.CompletedTask;
                        },
                    }
                );
            })
        );
        server.Answers("{}", 500);
        Ambient.Value = Alice;
        Assert.That(
            () => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly(),
            Throws.TypeOf<TokenEndpointException>()
        );
        Ambient.Value = null;
        Assert.That(
            () => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly(),
            Throws.TypeOf<TokenEndpointException>()
        );
        await opened.Task.Promptly();

        Assert.That(seen.Places, Is.EquivalentTo(["configure", "opened"]));
        seen.RequireNothing();
    }

    [Test]
    [Description(
        "What is built lazily and shared (options, handlers, stores) is built without the context of the caller that needed it first"
    )]
    public async Task Shared_objects()
    {
        Sightings seen = new();
        using Answering network = new();
        await using ScriptedServer server = new(
            _ => seen.Look("options"),
            builder =>
                builder
                    .BackChannel.ConfigurePrimaryHttpMessageHandler(() =>
                    {
                        seen.Look("primary handler");
                        return network;
                    })
                    .AddHttpMessageHandler(() =>
                    {
                        seen.Look("additional handler");
                        return new Looking(new());
                    }),
            services =>
                services.AddSingleton<IGrantStore>(_ =>
                {
                    seen.Look("store");
                    return new InMemoryGrantStore(TimeProvider.System);
                })
        );
        Ambient.Value = Alice;
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(seen.Places, Is.SupersetOf(["options", "primary handler", "additional handler", "store"]));
        seen.RequireNothing();
    }

    private sealed class Sightings
    {
        private readonly ConcurrentQueue<(string Place, string? Ambient, string? Baggage)> all = new();

        public IEnumerable<string> Places => all.Select(one => one.Place).Distinct();

        public void Look(string place) => all.Enqueue((place, Ambient.Value, Activity.Current?.GetBaggageItem("user")));

        public void Clear() => all.Clear();

        public void RequireNothing() => Assert.That(all.Where(one => one.Ambient is not null || one.Baggage is not null), Is.Empty);
    }

    private sealed class Looking(Sightings seen) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Look("handler");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Answering : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(Json((int)HttpStatusCode.OK, Tokens("at")));
    }

    private sealed class LookingLog(Sightings seen) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => seen.Look("log");

        public void Dispose() { }
    }
}
