using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Verdicts;

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
    private readonly ConcurrentQueue<Stall> stops = [];
    private readonly ConcurrentQueue<(string Node, NodeEvent Event)> events = [];
    private readonly ConcurrentQueue<(string Node, DateTimeOffset From, DateTimeOffset To)> overdue = [];

    /// <summary>The nodes that did not end when they were told to and were killed.</summary>
    public IReadOnlyCollection<(string Node, DateTimeOffset From, DateTimeOffset To)> Overdue => overdue;

    /// <summary>What the heartbeats of the nodes measured.</summary>
    public IEnumerable<Stall> Stalls => Events(NodeEventKind.Stall).Select(one => new Stall(one.Node, one.Event.From, one.Event.To));

    /// <summary>When the rig had stopped a node.</summary>
    public IReadOnlyCollection<Stall> Injected => stops;

    public int Deaths => deaths.Count;
    public int Stops => stops.Count;

    public IEnumerable<string> History =>
        deaths
            .Select(death => string.Create(CultureInfo.InvariantCulture, $"{death.Value:mm:ss.fff} {death.Key} was killed"))
            .Concat(
                stops.Select(stop =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{stop.From:mm:ss.fff} {stop.Process} was stopped until {stop.To:mm:ss.fff}"
                    )
                )
            );

    /// <summary>Starts the nodes, as many at a time as there are processors: cold processes only delay each other.</summary>
    public Task StartAsync() =>
        Parallel.ForEachAsync(
            Enumerable.Range(0, phase.Nodes),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (index, _) =>
            {
                await StartAsync(index);
                Success(nodes[index], await nodes[index].AskAsync("warm"));
            }
        );

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
        return
        [
            .. answers.SelectMany(answer => answer.Split(' ').Skip(1)).Select(wait => double.Parse(wait, CultureInfo.InvariantCulture)),
        ];
    }

    public async Task<string[]> AskAllAsync(string order)
    {
        // Told one after the other as quickly as that goes, and only then listened to.
        foreach (var node in nodes)
            await node.TellAsync(order);
        return await Task.WhenAll(nodes.Select(async node => Success(node, await node.HearAsync())));
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
        stops.Enqueue(new(node.Name, from, time.GetUtcNow()));
    }

    public bool WasStoppedLately(string name) =>
        Array.Find(nodes, node => node?.Name == name) is { } node && (node.IsStopped || time.GetUtcNow() - node.StoppedUntil < Lately);

    /// <summary>Whether a node could not have kept what it was given at a moment: it was killed or stopped before it could.</summary>
    public bool CouldNotKeep(string name, DateTimeOffset at) =>
        (deaths.TryGetValue(name, out var death) && death >= at && death - at < Lately)
        || stops.Any(stop => stop.Process == name && stop.From - at < Lately && at < stop.To);

    public IEnumerable<(string Node, NodeEvent Event)> Events(NodeEventKind kind) => events.Where(one => one.Event.Kind == kind);

    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(
            nodes
                .Where(node => node is not null)
                .Select(async node =>
                {
                    await node.DisposeAsync();
                    if (node.Overdue is { } late && !overdue.Any(one => one.Node == node.Name))
                        overdue.Enqueue((node.Name, late.From, late.To));
                })
        );

    private static string Success(NodeProcess node, string? answer) =>
        answer switch
        {
            null => throw new InvalidOperationException($"Node {node.Name} ended: {node.Complaints}"),
            _ when answer.StartsWith(Node.Failure, StringComparison.Ordinal) => throw new OrderFailedException(
                node.Name,
                answer[Node.Failure.Length..]
            ),
            _ => answer,
        };

    private async Task CallUntilAsync(int index, DateTimeOffset until)
    {
        while (until - time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            string? answer = await nodes[index]
                .AskAsync(
                    string.Create(CultureInfo.InvariantCulture, $"run {(int)left.TotalMilliseconds} {(int)Phase.Peace.TotalMilliseconds}")
                );
            if (answer is not null)
            {
                Success(nodes[index], answer);
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
        string name = string.Create(CultureInfo.InvariantCulture, $"{index}.{life}");
        var node = nodes[index] = NodeProcess.Start(
            new NodeSettings(
                name,
                server,
                connectionString,
                phase.Name,
                key,
                phase.Grants,
                phase.Callers,
                phase.PauseMilliseconds,
                AreCallersCancelled: phase.IsTormented,
                ClockOffsetSeconds: phase.IsTormented ? Offsets[index % Offsets.Length] : 0,
                phase.Seed,
                phase.Kill,
                HasGrace: phase.Reuse == Server.Reuse.IsForgivenForTenSeconds,
                phase.TraceFolder
            ),
            happened => events.Enqueue((name, happened))
        );
        if (await node.HearAsync() is not "ready")
            throw new InvalidOperationException($"Node {node.Name} did not start: {node.Complaints}");
    }
}
