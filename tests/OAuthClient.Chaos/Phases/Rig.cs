using System.Globalization;
using OAuthClient.Chaos.Server;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>All phases, one after the other, and what became of the promises.</summary>
internal static class Rig
{
    private const string Usage = """
        Usage: [--seconds N] [--seed N] [--grants N] [--nodes N] [--callers N] [--trace FOLDER]
               --soak MINUTES
        Without arguments: three phases of about half a minute each.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        string? trace = null;
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
        await using var cluster = await PostgresCluster.StartAsync();
        if (options.TryGetValue("--soak", out int minutes))
            return await Soak.RunAsync(Phase("soak", Reuse.Revokes, isTormented: false, TimeSpan.FromMinutes(minutes)), cluster);

        var length = TimeSpan.FromSeconds(options.GetValueOrDefault("--seconds", 25));
        var broken = new List<string>();
        foreach (var phase in new[]
        {
            Phase("no_faults", Reuse.Revokes, isTormented: false, length / 3),
            Phase("forgiving_server_all_faults", Reuse.IsForgivenForTenSeconds, isTormented: true, length),
            Phase("strict_server_all_faults", Reuse.Revokes, isTormented: true, length),
        })
        {
            var outcome = await Phases.Phase.RunAsync(phase, cluster);
            foreach (var (name, value) in outcome.Figures)
                Console.WriteLine($"{name}: {value}");
            foreach (string line in outcome.Histories)
                Console.WriteLine($"  {line}");
            Console.WriteLine();
            broken.AddRange(outcome.Broken.Select(promise => $"BROKEN in {phase.Name}: {promise}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"broken_promises: {broken.Count}"));
        // At the end, where whoever is shown only the end finds them.
        broken.ForEach(Console.WriteLine);
        return broken.Count == 0 ? 0 : 1;

        PhaseSettings Phase(string name, Reuse reuse, bool isTormented, TimeSpan time)
        {
            PhaseSettings usual = new(name, reuse, isTormented, time);
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
            if (args[i] is not ("--seconds" or "--seed" or "--grants" or "--nodes" or "--callers" or "--soak")
                || i + 1 == args.Length || !int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out int number) || number < 1)
            {
                return false;
            }
            options[args[i]] = number;
        }
        return true;
    }
}
