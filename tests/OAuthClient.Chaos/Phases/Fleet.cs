using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Phases;

/// <summary>Starts the nodes, restarts those that were killed, and collects their events.</summary>
internal sealed class Fleet(PhaseSettings phase, Uri server, string connectionString, string key) : IAsyncDisposable
{
    private static readonly double[] Offsets = [0, 1.5, -1.5, 0.5, -0.5, 1, -1, 0];
    private static readonly TimeSpan RecentPeriod = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time = TimeProvider.System;
    private readonly NodeProcess[] nodes = new NodeProcess[phase.Nodes];
    private readonly int[] starts = new int[phase.Nodes];
    private readonly ConcurrentDictionary<string, DateTimeOffset> kills = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Stall> stops = [];
    private readonly ConcurrentQueue<(string Node, NodeEvent Event)> events = [];
    private readonly ConcurrentQueue<(string Node, DateTimeOffset From, DateTimeOffset To)> overdue = [];

    /// <summary>Gets the nodes that did not shut down when told to and were killed.</summary>
    public IReadOnlyCollection<(string Node, DateTimeOffset From, DateTimeOffset To)> Overdue => overdue;

    /// <summary>Gets the stalls that the heartbeats of the nodes measured.</summary>
    public IEnumerable<Stall> Stalls => Events(NodeEventKind.Stall).Select(one => new Stall(one.Node, one.Event.From, one.Event.To));

    /// <summary>Gets the intervals in which the rig had suspended a node.</summary>
    public IReadOnlyCollection<Stall> Injected => stops;

    public int KilledNodes => kills.Count;
    public int Stops => stops.Count;

    public IEnumerable<string> History =>
        kills
            .Select(kill => string.Create(CultureInfo.InvariantCulture, $"{kill.Value:mm:ss.fff} {kill.Key} was killed"))
            .Concat(
                stops.Select(stop =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{stop.From:mm:ss.fff} {stop.Process} was stopped until {stop.To:mm:ss.fff}"
                    )
                )
            );

    /// <summary>Starts the nodes, as many at a time as there are processors, because starting processes delay each other.</summary>
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

    /// <summary>Lets all nodes call for the given time. A killed node is restarted.</summary>
    public Task CallAsync(TimeSpan length)
    {
        var until = time.GetUtcNow() + length;
        return Task.WhenAll(Enumerable.Range(0, phase.Nodes).Select(index => CallUntilAsync(index, until)));
    }

    /// <returns>The time that each caller of each node waited, in milliseconds.</returns>
    public async Task<IReadOnlyList<double>> StampedeAsync(string owner)
    {
        string[] responses = await AskAllAsync(string.Create(CultureInfo.InvariantCulture, $"stampede {owner} {phase.StampedeCallers}"));
        return
        [
            .. responses
                .SelectMany(response => response.Split(' ').Skip(1))
                .Select(wait => double.Parse(wait, CultureInfo.InvariantCulture)),
        ];
    }

    public async Task<string[]> AskAllAsync(string order)
    {
        // All commands are sent before the first response is read.
        foreach (var node in nodes)
            await node.SendAsync(order);
        return await Task.WhenAll(nodes.Select(async node => Success(node, await node.ReceiveAsync())));
    }

    /// <summary>Suspends one node for longer than its leases last.</summary>
    public async Task SuspendOneAsync(TimeSpan length)
    {
        var node = nodes[RandomNumberGenerator.GetInt32(nodes.Length)];
        if (node.HasEnded || node.IsSuspended)
            return;
        var from = time.GetUtcNow();
        node.Suspend();
        await Task.Delay(length, time);
        node.Resume();
        stops.Enqueue(new(node.Name, from, time.GetUtcNow()));
    }

    public bool WasRecentlySuspended(string name) =>
        Array.Find(nodes, node => node?.Name == name) is { } node
        && (node.IsSuspended || time.GetUtcNow() - node.SuspendedUntil < RecentPeriod);

    /// <summary>Determines whether a node could not have saved a response, because it was killed or suspended before.</summary>
    public bool CouldNotKeep(string name, DateTimeOffset at) =>
        (kills.TryGetValue(name, out var kill) && kill >= at && kill - at < RecentPeriod)
        || stops.Any(stop => stop.Process == name && stop.From - at < RecentPeriod && at < stop.To);

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

    private static string Success(NodeProcess node, string? response) =>
        response switch
        {
            null => throw new InvalidOperationException($"Node {node.Name} ended: {node.Errors}"),
            _ when response.StartsWith(Node.Failure, StringComparison.Ordinal) => throw new OrderFailedException(
                node.Name,
                response[Node.Failure.Length..]
            ),
            _ => response,
        };

    private async Task CallUntilAsync(int index, DateTimeOffset until)
    {
        while (until - time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            string? response = await nodes[index]
                .AskAsync(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"run {(int)left.TotalMilliseconds} {(int)Phase.FaultFreePeriod.TotalMilliseconds}"
                    )
                );
            if (response is not null)
            {
                Success(nodes[index], response);
                return;
            }
            kills[nodes[index].Name] = time.GetUtcNow();
            if (nodes[index].Errors.Trim() is { Length: > 0 } errors)
                throw new InvalidOperationException($"Node {nodes[index].Name} did not end by the plan: {errors}");
            await nodes[index].DisposeAsync();
            await StartAsync(index);
        }
    }

    private async Task StartAsync(int index)
    {
        int start = ++starts[index];
        string name = string.Create(CultureInfo.InvariantCulture, $"{index}.{start}");
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
                AreCallersCancelled: phase.HasFaults,
                ClockOffsetSeconds: phase.HasFaults ? Offsets[index % Offsets.Length] : 0,
                phase.Seed,
                phase.Kill,
                HasGrace: phase.Reuse == Server.Reuse.AllowedForTenSeconds,
                phase.TraceFolder
            )
            {
                Keys = phase.Keys,
                Mutant = phase.Mutant,
            },
            nodeEvent => events.Enqueue((name, nodeEvent))
        );
        if (await node.ReceiveAsync() is not "ready")
            throw new InvalidOperationException($"Node {node.Name} did not start: {node.Errors}");
    }
}
