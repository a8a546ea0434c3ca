using System.Globalization;
using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;
using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Phases;

/// <summary>The figures and the verdict of a phase.</summary>
internal sealed class Outcome
{
    private readonly List<(string Name, string Value)> figures = [];
    private readonly List<string> histories = [];

    private Outcome(PhaseVerdict verdict, StallHistory stalls) => (Verdict, Stalls) = (verdict, stalls);

    public PhaseVerdict Verdict { get; }
    public StallHistory Stalls { get; }
    public IReadOnlyList<(string Name, string Value)> Figures => figures;

    /// <summary>Gets the events of the grants whose loss the injected faults do not explain, and of the processes at that time.</summary>
    public IReadOnlyList<string> Histories => histories;

    /// <summary>Creates the outcome of a completed phase.</summary>
    public static Outcome Of(PhaseRun run, StallHistory stalls)
    {
        Outcome outcome = new(PhaseVerdict.Of(Promises.Breaches(run), stalls), stalls);
        outcome.AddFigures(run);
        outcome.AddHistories(run);
        return outcome;
    }

    /// <summary>Creates the outcome of a phase that an exception ended.</summary>
    public static Outcome Of(Breach breach, PhaseSettings phase, StallHistory stalls)
    {
        Outcome outcome = new(PhaseVerdict.Of([breach], stalls), stalls);
        outcome.Add("phase", phase.Name);
        outcome.AddMachine();
        return outcome;
    }

    private void AddFigures(PhaseRun run)
    {
        var (phase, server, fleet) = (run.Settings, run.Server, run.Fleet);
        Add("phase", phase.Name);
        Add("grants", server.Families.Count);
        Add("refreshes", server.Refreshes);
        Add("presentations_per_refresh_token_max", server.MostPresentations);
        Add("stale_presentations", server.StalePresentations);
        Add("lost_grants", run.Found.Lost.Count);
        Add("responses_lost_after_rotation", run.ResponsesLost);
        Add("responses_with_deviating_form", server.Deviations);
        Add("grants_lost_for_form", run.LostForForm.Count);
        Add("collateral", run.Collateral.Count);
        if (phase.Keys != KeyBinding.None)
        {
            Add("refusals_for_nonce_token", server.Bound.TokenNonces.Refusals);
            Add("refusals_for_nonce_api", server.Bound.ApiNonces.Refusals);
            Add("invalid_proofs", server.Bound.InvalidProofs);
        }
        Add("expired_tokens_sent", fleet.Events(NodeEventKind.ExpiredTokenSent).Count());
        Add("anothers_tokens_sent", fleet.Events(NodeEventKind.AnothersToken).Count());
        if (run.Stampede is { } stampede)
        {
            Add("stampede_callers", stampede.Callers);
            Add("stampede_token_requests", stampede.TokenRequests);
            Add("stampede_p99_over_latency_ms", stampede.P99OverLatency);
        }
        Add("api_calls", server.ApiCalls);
        Add("api_refusals", server.ApiRefusals);
        Add("calls_cancelled", fleet.Events(NodeEventKind.Cancelled).Count());
        foreach (
            var (exception, count) in fleet
                .Events(NodeEventKind.Failed)
                .CountBy(one => one.Event.Detail!, StringComparer.Ordinal)
                .OrderBy(one => one.Key, StringComparer.Ordinal)
        )
        {
            Add("calls_failed_" + exception, count);
        }
        Add("nodes_killed", fleet.KilledNodes);
        Add("nodes_stopped", fleet.Stops);
        Add("database_restarts", run.Outages.Count);
        Add("database_longest_outage_ms", run.Outages.Select(outage => outage.Length.TotalMilliseconds).DefaultIfEmpty(0).Max());
        AddMachine();
    }

    private void AddMachine()
    {
        Add("load_average", Load());
        Add("longest_stall_ms", Stalls.Longest.TotalMilliseconds);
        Add(
            "stalls_ms",
            string.Join(
                ", ",
                Stalls.ByProcess.Select(process =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{process.Process} {process.Longest.TotalMilliseconds:F0} of {process.Sum.TotalMilliseconds:F0}"
                    )
                )
            )
        );
        Add("verdict", Verdict.Verdict.ToString().ToLowerInvariant());
    }

    private void AddHistories(PhaseRun run)
    {
        var unexplained = run
            .Server.Families.Where(family =>
                run.Found.Lost.Contains(family.Owner)
                && (run.Settings.Reuse == Reuse.AllowedForTenSeconds || run.Collateral.Contains(family))
            )
            .ToList();
        if (unexplained.Count == 0)
            return;
        foreach (var family in unexplained.Take(5))
            histories.AddRange(family.History.TakeLast(12).Prepend($"{family.Owner}, stored {run.Found.Stored[family.Owner]}:"));
        histories.AddRange(run.Fleet.History);
        histories.AddRange(Stalls.Stalls.Where(stall => stall.Length > TimeSpan.FromMilliseconds(200)).Select(stall => stall.ToString()));
    }

    private void Add(string name, object value) => figures.Add((name, string.Create(CultureInfo.InvariantCulture, $"{value:0.#}")));

    private static string Load() =>
        OperatingSystem.IsLinux() ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) : "unknown";
}
