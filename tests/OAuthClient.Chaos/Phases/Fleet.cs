using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using OAuthClient.Chaos.Nodes;

namespace OAuthClient.Chaos.Phases;

/// <summary>The nodes: started, started again when they were killed, and what they counted.</summary>
internal sealed class Fleet(PhaseSettings phase, Uri server, string connectionString, string key) : IAsyncDisposable
{
    private static readonly double[] Offsets = [0, 1.5, -1.5, 0.5, -0.5, 1, -1, 0];
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time = TimeProvider.System;
    private readonly NodeProcess[] nodes = new NodeProcess[phase.Nodes];
    private readonly int[] lives = new int[phase.Nodes];
    private readonly ConcurrentDictionary<string, DateTimeOffset> deaths = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<(string Node, DateTimeOffset From, DateTimeOffset To)> stops = [];
    private readonly Tally tally = new();

    public Tally Tally => tally;
    public int Deaths => deaths.Count;
    public int Stops => stops.Count;

    public IEnumerable<string> History => deaths.Select(death => string.Create(CultureInfo.InvariantCulture, $"{death.Value:mm:ss.fff} {death.Key} was killed"))
        .Concat(stops.Select(stop => string.Create(CultureInfo.InvariantCulture, $"{stop.From:mm:ss.fff} {stop.Node} was stopped until {stop.To:mm:ss.fff}")));

    public async Task StartAsync() => await Task.WhenAll(Enumerable.Range(0, phase.Nodes).Select(StartAsync));

    /// <summary>Everybody calls, until the time is over. Whoever is killed comes back.</summary>
    public Task CallAsync(TimeSpan length)
    {
        var until = time.GetUtcNow() + length;
        return Task.WhenAll(Enumerable.Range(0, phase.Nodes).Select(index => CallUntilAsync(index, until)));
    }

    /// <returns>How long each caller of each node waited, in milliseconds.</returns>
    public async Task<IReadOnlyList<double>> StampedeAsync(string owner)
    {
        string[] answers = await AskAllAsync(string.Create(CultureInfo.InvariantCulture, $"stampede {owner} {phase.StampedeCallers}"));
        return [.. answers.SelectMany(answer => answer.Split(' ').Skip(1)).Select(wait => double.Parse(wait, CultureInfo.InvariantCulture))];
    }

    public async Task<string[]> AskAllAsync(string order)
    {
        // Told one after the other as quickly as that goes, and only then listened to.
        foreach (var node in nodes)
            await node.TellAsync(order);
        return await Task.WhenAll(nodes.Select(async node => await node.HearAsync() ?? throw new InvalidOperationException($"Node {node.Name} ended: {node.Complaints}")));
    }

    /// <summary>Stops one of them, for longer than its leases last.</summary>
    public async Task StopOneAsync(TimeSpan length)
    {
        var node = nodes[RandomNumberGenerator.GetInt32(nodes.Length)];
        if (node.HasEnded || node.IsStopped)
            return;
        var from = time.GetUtcNow();
        node.StopForAWhile();
        await Task.Delay(length, time);
        node.GoOn();
        stops.Add((node.Name, from, time.GetUtcNow()));
    }

    public bool WasStoppedLately(string name) =>
        Array.Find(nodes, node => node?.Name == name) is { } node && (node.IsStopped || time.GetUtcNow() - node.StoppedUntil < Lately);

    /// <summary>Whether a node could not have kept what it was given at a moment: it was killed or stopped before it could.</summary>
    public bool CouldNotKeep(string name, DateTimeOffset at) =>
        (deaths.TryGetValue(name, out var death) && death >= at && death - at < Lately)
        || stops.Any(stop => stop.Node == name && stop.From - at < Lately && at < stop.To);

    public async ValueTask DisposeAsync() => await Task.WhenAll(nodes.Where(node => node is not null).Select(node => node.DisposeAsync().AsTask()));

    private async Task CallUntilAsync(int index, DateTimeOffset until)
    {
        while (until - time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            string? answer = await nodes[index].AskAsync(string.Create(CultureInfo.InvariantCulture, $"run {(int)left.TotalMilliseconds} {(int)Phase.Peace.TotalMilliseconds}"));
            if (answer is not null)
            {
                tally.Read(answer["done ".Length..]);
                return;
            }
            deaths[nodes[index].Name] = time.GetUtcNow();
            if (nodes[index].Complaints.Trim() is { Length: > 0 } complaint)
                throw new InvalidOperationException($"Node {nodes[index].Name} did not end by the plan: {complaint}");
            await nodes[index].DisposeAsync();
            await StartAsync(index);
        }
    }

    private async Task StartAsync(int index)
    {
        int life = ++lives[index];
        var node = nodes[index] = NodeProcess.Start(new NodeSettings(
            string.Create(CultureInfo.InvariantCulture, $"{index}.{life}"), server, connectionString, phase.Name, key, phase.Grants, phase.Callers, phase.PauseMilliseconds,
            AreCallersCancelled: phase.IsTormented,
            ClockOffsetSeconds: phase.IsTormented ? Offsets[index % Offsets.Length] : 0,
            phase.Seed, phase.Kill,
            HasGrace: phase.Reuse == Server.Reuse.IsForgivenForTenSeconds,
            phase.TraceFolder));
        if (await node.HearAsync() is not "ready")
            throw new InvalidOperationException($"Node {node.Name} did not start: {node.Complaints}");
    }
}
