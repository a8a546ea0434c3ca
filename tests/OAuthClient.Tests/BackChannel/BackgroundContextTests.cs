using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Polly;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that background work which starts inside a user's request sees no ambient value of that request, because it outlives the call or
/// serves other callers.
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
    [Description("During an early refresh, back-channel handlers, store and log see no ambient value and no activity of the caller")]
    public async Task Early_refresh_has_no_context_of_the_caller(string? owner)
    {
        ContextRecorder recorder = new();
        FailingStore store = new(new InMemoryGrantStore(new ManualTimeProvider()))
        {
            BeforeLeasing = () =>
            {
                recorder.Record("store");
                return Task.CompletedTask;
            },
        };
        await using ScriptedServer server = new(
            register: builder => builder.BackChannel.AddHttpMessageHandler(() => new RecordingHandler(recorder)),
            registerFirst: services => services.AddSingleton<IGrantStore>(store).AddSingleton<ILoggerProvider>(new RecordingLog(recorder))
        );
        await server.SignedInAsync(Tokens("user-1", "rt-1"));
        server.Answers(Tokens("client-1"));
        await server.Client.GetAccessTokenAsync(GrantOwner.Client);
        TaskCompletionSource requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Answers(_ =>
        {
            requested.TrySetResult();
            return Json(400, """{"error":"invalid_request"}""");
        });
        server.Clock.Advance(Early);
        recorder.Clear();

        using Activity caller = new("request");
        caller.AddBaggage("user", Alice).Start();
        Ambient.Value = Alice;
        await server.Client.GetAccessTokenAsync(owner is null ? GrantOwner.Client : GrantOwner.User(owner));
        await requested.Task.Promptly();
        await Eventually.UntilAsync(() => recorder.Places.Contains("log"));

        Assert.That(recorder.Places, Is.SupersetOf(owner is null ? ["handler", "log"] : new[] { "handler", "log", "store" }));
        recorder.AssertNoContext();
    }

    [Test]
    [Description("Callbacks of a configured circuit breaker, which Polly runs on a task, see no context of the caller that created it")]
    public async Task Resilience_callbacks_have_no_context_of_the_caller()
    {
        ContextRecorder recorder = new();
        TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(register: builder =>
            builder.UseResilience(pipeline =>
            {
                recorder.Record("configure");
                pipeline.AddCircuitBreaker(
                    new()
                    {
                        FailureRatio = 0.1,
                        MinimumThroughput = 2,
                        ShouldHandle = static attempt => ValueTask.FromResult(attempt.Outcome.Result is { IsSuccessStatusCode: false }),
                        OnOpened = _ =>
                        {
                            recorder.Record("opened");
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

        Assert.That(recorder.Places, Is.EquivalentTo(["configure", "opened"]));
        recorder.AssertNoContext();
    }

    [Test]
    [Description("Shared objects that are created on demand (options, handlers, stores) are created without the context of the caller")]
    public async Task Shared_objects_have_no_context_of_the_caller()
    {
        ContextRecorder recorder = new();
        using RespondingHandler network = new();
        await using ScriptedServer server = new(
            _ => recorder.Record("options"),
            builder =>
                builder
                    .BackChannel.ConfigurePrimaryHttpMessageHandler(() =>
                    {
                        recorder.Record("primary handler");
                        return network;
                    })
                    .AddHttpMessageHandler(() =>
                    {
                        recorder.Record("additional handler");
                        return new RecordingHandler(new());
                    }),
            services =>
                services.AddSingleton<IGrantStore>(_ =>
                {
                    recorder.Record("store");
                    return new InMemoryGrantStore(TimeProvider.System);
                })
        );
        Ambient.Value = Alice;
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(recorder.Places, Is.SupersetOf(["options", "primary handler", "additional handler", "store"]));
        recorder.AssertNoContext();
    }

    private sealed class ContextRecorder
    {
        private readonly ConcurrentQueue<(string Place, string? Ambient, string? Baggage)> all = new();

        public IEnumerable<string> Places => all.Select(entry => entry.Place).Distinct();

        public void Record(string place) => all.Enqueue((place, Ambient.Value, Activity.Current?.GetBaggageItem("user")));

        public void Clear() => all.Clear();

        public void AssertNoContext() => Assert.That(all.Where(entry => entry.Ambient is not null || entry.Baggage is not null), Is.Empty);
    }

    private sealed class RecordingHandler(ContextRecorder recorder) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            recorder.Record("handler");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class RespondingHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(Json((int)HttpStatusCode.OK, Tokens("at")));
    }

    private sealed class RecordingLog(ContextRecorder recorder) : ILoggerProvider, ILogger
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
        ) => recorder.Record("log");

        public void Dispose() { }
    }
}
