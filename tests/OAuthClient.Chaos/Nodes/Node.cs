using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OAuthClient.Chaos.Server;
using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Nodes;

/// <summary>
/// One process of an application, with many callers that call an API for many users. It reads commands line by line and writes responses.
/// </summary>
internal sealed class Node : IAsyncDisposable
{
    /// <summary>The first word of the response to a command that failed. The name of the exception follows.</summary>
    public const string Failure = "failed ";

    private const string ApiName = "api";

    private readonly NodeSettings settings;
    private readonly ServiceProvider provider;
    private readonly Caller caller = new();
    private readonly ConcurrentDictionary<string, bool> lost = new(StringComparer.Ordinal);
    private readonly TextWriter output;
    private readonly Heartbeat heartbeat;
    private readonly Trace? trace;

    private Node(NodeSettings settings, TextWriter output)
    {
        this.settings = settings;
        this.output = output;
        heartbeat = Heartbeat.Start(settings.Name, stall => Report(new(NodeEventKind.Stall, stall.From, stall.To)));
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(new OffsetClock(TimeSpan.FromSeconds(settings.ClockOffsetSeconds)));
        services.AddSingleton<ICurrentGrantOwner>(caller);
        trace = settings.TraceFolder is null
            ? null
            : new Trace(Path.Combine(settings.TraceFolder, $"{settings.Schema}-{settings.Name}.log"));
        if (trace is not null)
            services.AddLogging(logs => logs.SetMinimumLevel(LogLevel.Debug).AddProvider(trace));
        Registration.Add(services, settings);
        if (settings.Kill > 0)
        {
            var inner = services.Last(service => service.ServiceType == typeof(IGrantStore));
            services.Remove(inner);
            FaultPlan plan = new(settings.Seed, before: 0, after: 0, settings.Kill);
            services.AddSingleton<IGrantStore>(provider => new CrashingStore(
                (IGrantStore)inner.ImplementationFactory!(provider),
                plan,
                settings.Name,
                trace
            ));
        }
        services
            .AddHttpClient(
                ApiName,
                http =>
                {
                    http.BaseAddress = settings.Server;
                    http.DefaultRequestHeaders.Add(FaultyServer.NodeHeader, settings.Name);
                }
            )
            .AddAccessTokenHandler(handler => handler.ForCurrentUser().To(settings.Server))
            .AddHttpMessageHandler(() => new SentTokens(Report));
        provider = services.BuildServiceProvider();
    }

    public static async Task RunAsync(NodeSettings settings, TextReader orders, TextWriter responses)
    {
        await using Node node = new(settings, responses);
        await node.WarmUpAsync();
        await responses.WriteLineAsync("ready");
        while (await orders.ReadLineAsync() is { } order)
            await responses.WriteLineAsync(await node.ExecuteAsync(order));
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        heartbeat.Dispose();
    }

    // Several threads report events; the console writer writes whole lines.
    private void Report(NodeEvent nodeEvent) => output.WriteLine(nodeEvent.Write());

    private async Task<string> ExecuteAsync(string order)
    {
        string[] words = order.Split(' ');
        try
        {
            return words[0] switch
            {
                "run" => await CallAsync(Milliseconds(words[1]), faultFreePeriod: Milliseconds(words[2])),
                "warm" => await CallOnceEachAsync(),
                "know" => await CacheTokenAsync(words[1]),
                "stampede" => await StampedeAsync(words[1], int.Parse(words[2], CultureInfo.InvariantCulture)),
                "sample" => Sample(),
                _ => throw new ArgumentException($"The order '{order}' is not known.", nameof(order)),
            };
        }
        catch (Exception exception) when (exception is not ArgumentException)
        {
            return $"{Failure}{exception.GetType().Name} {exception.Message.ReplaceLineEndings(" ")}";
        }
    }

    private static TimeSpan Milliseconds(string number) => TimeSpan.FromMilliseconds(int.Parse(number, CultureInfo.InvariantCulture));

    private async Task<string> CallAsync(TimeSpan time, TimeSpan faultFreePeriod)
    {
        if (provider.GetRequiredService<IGrantStore>() is CrashingStore crashingStore)
            crashingStore.CrashesUntil = TimeProvider.System.GetUtcNow() + time - faultFreePeriod;
        using CancellationTokenSource canceled = new(time);
        await Task.WhenAll(
            Enumerable.Range(0, settings.Callers).Select(_ => Task.Run(() => CallUntilAsync(canceled.Token), CancellationToken.None))
        );
        return "done";
    }

    /// <summary>Makes one call by each caller before time is measured, because code is slow when it runs for the first time.</summary>
    private async Task<string> CallOnceEachAsync()
    {
        await Task.WhenAll(
            Enumerable
                .Range(0, settings.Callers)
                .Select(number =>
                    Task.Run(async () =>
                    {
                        using var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient(ApiName);
                        await CallOnceAsync(http, NodeSettings.Owner(number % settings.Grants));
                    })
                )
        );
        return "warm";
    }

    private async Task CallUntilAsync(CancellationToken canceled)
    {
        using var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient(ApiName);
        while (!canceled.IsCancellationRequested)
        {
            string owner = NodeSettings.Owner(RandomNumberGenerator.GetInt32(settings.Grants));
            if (!lost.ContainsKey(owner))
                await CallOnceAsync(http, owner);
            await Task.Delay(RandomNumberGenerator.GetInt32(2 * settings.PauseMilliseconds), canceled)
                .ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task CallOnceAsync(HttpClient http, string owner)
    {
        using CancellationTokenSource callerTimeout = new();
        if (settings.AreCallersCancelled && RandomNumberGenerator.GetInt32(10) == 0)
            callerTimeout.CancelAfter(RandomNumberGenerator.GetInt32(30));
        caller.Owner = owner;
        var began = TimeProvider.System.GetUtcNow();
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/api");
            request.Options.Set(SentTokens.DelayAtStart, ThreadDelay.Read());
            using var response = await http.SendAsync(request, callerTimeout.Token);
            if (response.IsSuccessStatusCode && await response.Content.ReadAsStringAsync(CancellationToken.None) != owner)
                Report(new(NodeEventKind.AnothersToken, began, TimeProvider.System.GetUtcNow(), owner));
        }
        catch (ReauthorizationRequiredException)
        {
            lost[owner] = true;
        }
        catch (OperationCanceledException) when (callerTimeout.IsCancellationRequested)
        {
            Report(new(NodeEventKind.Cancelled, began, TimeProvider.System.GetUtcNow()));
        }
        catch (Exception exception)
        {
            // During faults a call may fail; the phase without faults requires that none does.
            Report(new(NodeEventKind.Failed, began, TimeProvider.System.GetUtcNow(), exception.GetType().Name));
        }
    }

    private async Task WarmUpAsync()
    {
        var began = TimeProvider.System.GetUtcNow();
        try
        {
            await provider.GetRequiredService<IOAuthClient>().FindGrantAsync(GrantOwner.User(NodeSettings.Owner(0)));
        }
        catch (Exception exception)
        {
            // The database may be unavailable; an application starts all the same.
            Report(new(NodeEventKind.Failed, began, TimeProvider.System.GetUtcNow(), exception.GetType().Name));
        }
    }

    private async Task<string> CacheTokenAsync(string owner)
    {
        await provider.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.User(owner));
        return "known";
    }

    private async Task<string> StampedeAsync(string owner, int callers)
    {
        var client = provider.GetRequiredService<IOAuthClient>();
        var waits = await Task.WhenAll(
            Enumerable
                .Range(0, callers)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        long began = Stopwatch.GetTimestamp();
                        await client.GetAccessTokenAsync(GrantOwner.User(owner));
                        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                    })
                )
        );
        return "stampede " + string.Join(' ', waits.Select(wait => wait.ToString("F1", CultureInfo.InvariantCulture)));
    }

    private static string Sample()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        int openFiles = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"sample {GC.GetTotalMemory(forceFullCollection: true)} {Environment.WorkingSet} {openFiles} {Timer.ActiveCount}"
        );
    }

    /// <summary>The owner of the current call, which flows with the asynchronous context.</summary>
    private sealed class Caller : ICurrentGrantOwner
    {
        private readonly AsyncLocal<string?> owner = new();

        public string? Owner
        {
            get => owner.Value;
            set => owner.Value = value;
        }

        public GrantOwner? Find() => Owner is { } id ? GrantOwner.User(id) : null;
    }
}
