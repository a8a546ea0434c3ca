using System.Globalization;
using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;
using OAuthClient.Chaos.Verdicts;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>Runs all phases in order and prints which promises were kept.</summary>
internal static class Rig
{
    private const string Usage = """
        Usage: [--normal-priority] [--seconds N] [--seed N] [--grants N] [--nodes N] [--callers N] [--trace FOLDER]
               [--normal-priority] --dpop [--mutant NAME] [--seconds N] ...
               [--normal-priority] --soak MINUTES
        Without arguments: three phases of about half a minute each.
        --dpop: two phases without faults at a server that requires DPoP and changes its nonce after each third token request; one with
        a public client, one with a confidential one. --mutant IgnoresNonces or UsesItsOwnKey makes the nodes wrong: with
        UsesItsOwnKey grants of the public client are lost, and access tokens of the confidential one are refused; with IgnoresNonces
        calls fail.

        The number of nodes, callers and grants follows the number of processors (8 nodes, 64 callers and 240 grants with 4 or more; half of
        each with fewer); it is printed.
        The rig raises its priority, and that of its nodes and of PostgreSQL, where the system allows it; --normal-priority leaves it.

        Each process measures every 20 ms how much later than due it ran (a stall), the database inside the server; a node that
        the rig stops has no stall meanwhile. Output of each run of a phase:
          load_average      the load average of the last 1, 5 and 15 minutes
          longest_stall_ms  the longest stall of any process
          stalls_ms         of each process (the rig with its server, the database, each node): the longest stall and the sum
          verdict           kept, broken or inconclusive
        A promise that did not hold is broken, unless the processes that it depends on stalled at its time for longer than its
        slack: what the machine may take before no client could keep the promise (Verdicts/Slack.cs). Then the phase is
        inconclusive, says nothing about the library and runs again, twice at most.
        Last lines: longest_stall_ms (of all runs), inconclusive (how many runs; each reason follows), broken_promises (each
        promise follows), FAILED where a phase was inconclusive three times.
        Exit code: 0 all promises were kept; 1 a promise was broken; 2 wrong arguments; 3 a phase was inconclusive three times.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--help" or "-h"])
        {
            Console.WriteLine(Usage);
            return RunSummary.Success;
        }
        string? trace = null;
        bool hasNormalPriority = args is ["--normal-priority", ..];
        if (hasNormalPriority)
            args = args[1..];
        bool isBound = args is ["--dpop", ..];
        if (isBound)
            args = args[1..];
        var mutant = Mutant.None;
        if (isBound && args is ["--mutant", var name, ..] && Enum.TryParse(name, out mutant))
            args = args[2..];
        if (args is [.. var others, "--trace", var folder])
            (args, trace) = (others, Directory.CreateDirectory(folder).FullName);
        if (!TryRead(args, out var options))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        if (!PostgresCluster.CanStart)
        {
            await Console.Error.WriteLineAsync(PostgresCluster.Missing);
            return Environment.GetEnvironmentVariable("CI") is null ? 0 : 1;
        }
        Console.WriteLine($"priority: {ProcessPriority.Describe(!hasNormalPriority && ProcessPriority.TryRaise())}");
        await using var cluster = await PostgresCluster.StartAsync();
        await using var heartbeats = Heartbeats.Start(cluster);
        if (options.TryGetValue("--soak", out int minutes))
        {
            return await Soak.RunAsync(Phase("soak", Reuse.Revokes, hasFaults: false, TimeSpan.FromMinutes(minutes)), cluster, heartbeats);
        }

        var load = Phase("load", Reuse.Revokes, hasFaults: false, TimeSpan.Zero);
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"load: {load.Nodes} nodes with {load.Callers} callers each, {load.Grants} grants")
        );
        var length = TimeSpan.FromSeconds(options.GetValueOrDefault("--seconds", 25));
        RunSummary summary = new();
        PhaseSettings[] phases = isBound
            ?
            [
                Phase("dpop_public", Reuse.Revokes, hasFaults: false, length) with
                {
                    Keys = KeyBinding.Public,
                    Mutant = mutant,
                },
                Phase("dpop_confidential", Reuse.Revokes, hasFaults: false, length) with
                {
                    Keys = KeyBinding.Confidential,
                    Mutant = mutant,
                },
            ]
            :
            [
                Phase("no_faults", Reuse.Revokes, hasFaults: false, length / 3),
                Phase("forgiving_server_all_faults", Reuse.AllowedForTenSeconds, hasFaults: true, length),
                Phase("strict_server_all_faults", Reuse.Revokes, hasFaults: true, length),
            ];
        foreach (var phase in phases)
        {
            await summary.RunAsync(
                phase.Name,
                async run =>
                {
                    // Each run has its own name, and so its own tables.
                    var outcome = await Phases.Phase.RunAsync(
                        run == 1 ? phase : phase with { Name = string.Create(CultureInfo.InvariantCulture, $"{phase.Name}_run_{run}") },
                        cluster,
                        heartbeats
                    );
                    foreach (var (name, value) in outcome.Figures)
                        Console.WriteLine($"{name}: {value}");
                    foreach (string line in outcome.Histories)
                        Console.WriteLine($"  {line}");
                    Console.WriteLine();
                    return (outcome.Verdict, outcome.Stalls.Longest);
                }
            );
        }
        foreach (string line in summary.Lines)
            Console.WriteLine(line);
        return summary.ExitCode;

        PhaseSettings Phase(string name, Reuse reuse, bool hasFaults, TimeSpan time)
        {
            PhaseSettings usual = new(name, reuse, hasFaults, time);
            return usual with
            {
                Seed = options.GetValueOrDefault("--seed", usual.Seed),
                Grants = options.GetValueOrDefault("--grants", usual.Grants),
                Nodes = options.GetValueOrDefault("--nodes", usual.Nodes),
                Callers = options.GetValueOrDefault("--callers", usual.Callers),
                TraceFolder = trace,
            };
        }
    }

    private static bool TryRead(string[] args, out Dictionary<string, int> options)
    {
        options = new(StringComparer.Ordinal);
        for (int i = 0; i < args.Length; i += 2)
        {
            if (
                args[i] is not ("--seconds" or "--seed" or "--grants" or "--nodes" or "--callers" or "--soak")
                || i + 1 == args.Length
                || !int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out int number)
                || number < 1
            )
            {
                return false;
            }
            options[args[i]] = number;
        }
        return true;
    }
}
