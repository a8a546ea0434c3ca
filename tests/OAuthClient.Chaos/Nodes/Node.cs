using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Nodes;

/// <summary>One process of an application: many callers that call an API for many users. It is told what to do line by line, and answers so.</summary>
internal sealed class Node : IAsyncDisposable
{
    private const string ApiName = "api";

    private readonly NodeSettings settings;
    private readonly ServiceProvider provider;
    private readonly Caller caller = new();
    private readonly Tally tally = new();
    private readonly Trace? trace;

    private Node(NodeSettings settings)
    {
        this.settings = settings;
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(new OffsetClock(TimeSpan.FromSeconds(settings.ClockOffsetSeconds)));
        services.AddSingleton<ICurrentGrantOwner>(caller);
        trace = settings.TraceFolder is null ? null : new Trace(Path.Combine(settings.TraceFolder, $"{settings.Schema}-{settings.Name}.log"));
        if (trace is not null)
            services.AddLogging(logs => logs.SetMinimumLevel(LogLevel.Debug).AddProvider(trace));
        Registration.Add(services, settings);
        if (settings.Kill > 0)
        {
            var inner = services.Last(service => service.ServiceType == typeof(IGrantStore));
            services.Remove(inner);
            FaultPlan plan = new(settings.Seed, before: 0, after: 0, settings.Kill);
            services.AddSingleton<IGrantStore>(provider => new MortalStore((IGrantStore)inner.ImplementationFactory!(provider), plan, settings.Name, trace));
        }
        services.AddHttpClient(ApiName, http => http.BaseAddress = settings.Server)
            .AddAccessTokenHandler(handler => handler.ForCurrentUser().To(settings.Server))
            .AddHttpMessageHandler(() => new SentTokens(tally));
        provider = services.BuildServiceProvider();
    }

    public static async Task RunAsync(NodeSettings settings, TextReader orders, TextWriter answers)
    {
        await using Node node = new(settings);
        await node.WarmUpAsync();
        await answers.WriteLineAsync("ready");
        while (await orders.ReadLineAsync() is { } order)
        {
            string[] words = order.Split(' ');
            await answers.WriteLineAsync(words[0] switch
            {
                "run" => await node.CallAsync(Milliseconds(words[1]), peace: Milliseconds(words[2])),
                "know" => await node.KnowAsync(words[1]),
                "stampede" => await node.StampedeAsync(words[1], int.Parse(words[2], CultureInfo.InvariantCulture)),
                "sample" => Sample(),
                _ => throw new ArgumentException($"The order '{order}' is not known.", nameof(orders)),
            });
        }
    }

    public ValueTask DisposeAsync() => provider.DisposeAsync();

    private static TimeSpan Milliseconds(string number) => TimeSpan.FromMilliseconds(int.Parse(number, CultureInfo.InvariantCulture));

    private async Task<string> CallAsync(TimeSpan time, TimeSpan peace)
    {
        if (provider.GetRequiredService<IGrantStore>() is MortalStore mortal)
            mortal.MortalUntil = TimeProvider.System.GetUtcNow() + time - peace;
        using CancellationTokenSource over = new(time);
        await Task.WhenAll(Enumerable.Range(0, settings.Callers).Select(_ => Task.Run(() => CallUntilAsync(over.Token), CancellationToken.None)));
        return "done " + tally.Write();
    }

    private async Task CallUntilAsync(CancellationToken over)
    {
        using var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient(ApiName);
        while (!over.IsCancellationRequested)
        {
            string owner = NodeSettings.Owner(RandomNumberGenerator.GetInt32(settings.Grants));
            if (tally["lost " + owner] == 0)
                await CallOnceAsync(http, owner);
            await Task.Delay(RandomNumberGenerator.GetInt32(2 * settings.PauseMilliseconds), over).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task CallOnceAsync(HttpClient http, string owner)
    {
        using CancellationTokenSource impatience = new();
        if (settings.AreCallersCancelled && RandomNumberGenerator.GetInt32(10) == 0)
            impatience.CancelAfter(RandomNumberGenerator.GetInt32(30));
        caller.Owner = owner;
        try
        {
            using var response = await http.GetAsync("/api", impatience.Token);
            tally.Add($"answered {(int)response.StatusCode}");
            if (response.IsSuccessStatusCode && await response.Content.ReadAsStringAsync(CancellationToken.None) != owner)
                tally.Add("anothers_token");
        }
        catch (ReauthorizationRequiredException)
        {
            tally.Add("lost " + owner);
        }
        catch (OperationCanceledException) when (impatience.IsCancellationRequested)
        {
            tally.Add("cancelled");
        }
        catch (Exception exception)
        {
            // While something is broken calls may fail; that they do not fail for nothing is what the promises without faults say.
            tally.Add("failed " + exception.GetType().Name);
        }
    }

    private async Task WarmUpAsync()
    {
        try
        {
            await provider.GetRequiredService<IOAuthClient>().FindGrantAsync(GrantOwner.User(NodeSettings.Owner(0)));
        }
        catch (Exception exception)
        {
            // The database may be away just now; an application starts all the same.
            tally.Add("failed at the start " + exception.GetType().Name);
        }
    }

    private async Task<string> KnowAsync(string owner)
    {
        await provider.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.User(owner));
        return "known";
    }

    private async Task<string> StampedeAsync(string owner, int callers)
    {
        var client = provider.GetRequiredService<IOAuthClient>();
        var waits = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            long began = Stopwatch.GetTimestamp();
            await client.GetAccessTokenAsync(GrantOwner.User(owner));
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        })));
        return "stampede " + string.Join(' ', waits.Select(wait => wait.ToString("F1", CultureInfo.InvariantCulture)));
    }

    private static string Sample()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"sample {GC.GetTotalMemory(forceFullCollection: true)} {Environment.WorkingSet} {Directory.GetFileSystemEntries("/proc/self/fd").Length} {Timer.ActiveCount}");
    }

    /// <summary>Whose call it is, wherever it goes on.</summary>
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
