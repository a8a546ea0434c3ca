using System.Globalization;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Phases;

/// <summary>What a phase came to, and which promises it broke.</summary>
internal sealed class Outcome
{
    private readonly List<(string Name, string Value)> figures = [];
    private readonly List<string> broken = [];
    private readonly List<string> histories = [];

    public Outcome(PhaseSettings phase, TormentingServer server, Fleet fleet, IReadOnlyList<TimeSpan> outages, Stampede? stampede, Findings found)
    {
        int revoked = server.Families.Count(family => family.IsRevoked);
        int answersLost = server.Families.Sum(family => family.Rotations.Count(rotation => IsLost(family, rotation, fleet, found)));
        int collateral = server.Families.Count(family => found.Lost.Contains(family.Owner) && !family.Rotations.Any(rotation => IsLost(family, rotation, fleet, found)));
        var unexplained = server.Families.Where(family => found.Lost.Contains(family.Owner)
            && (phase.Reuse == Reuse.IsForgivenForTenSeconds || !family.Rotations.Any(rotation => IsLost(family, rotation, fleet, found)))).ToList();
        foreach (var family in unexplained.Take(5))
            histories.AddRange(family.History.TakeLast(12).Prepend($"{family.Owner}, stored {found.Stored[family.Owner]}:"));
        if (unexplained.Count > 0)
            histories.AddRange(fleet.History);

        Add("phase", phase.Name);
        Add("grants", server.Families.Count);
        Add("refreshes", server.Refreshes);
        Add("presentations_per_refresh_token_max", server.MostPresentations);
        Add("stale_presentations", server.StalePresentations);
        Add("lost_grants", found.Lost.Count);
        Add("responses_lost_after_rotation", answersLost);
        Add("collateral", collateral);
        Add("expired_tokens_sent", fleet.Tally["expired_tokens_sent"]);
        Add("anothers_tokens_sent", fleet.Tally["anothers_token"]);
        if (stampede is not null)
        {
            Add("stampede_callers", stampede.Callers);
            Add("stampede_token_requests", stampede.TokenRequests);
            Add("stampede_p99_over_latency_ms", stampede.P99OverLatency);
        }
        Add("api_calls", server.ApiCalls);
        Add("api_refusals", server.ApiRefusals);
        Add("calls_cancelled", fleet.Tally["cancelled"]);
        foreach (var (name, count) in fleet.Tally.Starting("failed "))
            Add("calls_" + name.Replace(' ', '_'), count);
        Add("nodes_killed", fleet.Deaths);
        Add("nodes_stopped", fleet.Stops);
        Add("database_restarts", outages.Count);
        Add("database_longest_outage_ms", outages.Count == 0 ? 0 : outages.Max().TotalMilliseconds);

        Promise(found.Wrong.Count == 0, $"every grant works in the end or asks for the user: {string.Join("; ", found.Wrong.Take(3))}");
        Promise(fleet.Tally["anothers_token"] == 0, "nobody is sent another's token");
        Promise(collateral == 0, "no grant is lost but by an answer that nobody could keep");
        Promise(found.Lost.Count == revoked, $"a lost grant is reported as such, and no other ({revoked} were revoked by the server)");
        if (phase.Reuse == Reuse.Revokes)
            Promise(found.Lost.Count == answersLost, "a strict server costs as many grants as answers were lost");
        else
            Promise(found.Lost.Count == 0, "a forgiving server costs no grant");
        if (phase.IsTormented)
            return;
        Promise(server.MostPresentations <= 1, "without faults each refresh token is presented once");
        Promise(fleet.Tally["expired_tokens_sent"] == 0, "without faults no expired token is sent");
        Promise(!fleet.Tally.Starting("failed ").Any(), "without faults no call fails");
        Promise(stampede is { TokenRequests: 1 }, "a stampede costs one token request");
        Promise(stampede is { P99OverLatency: <= 100 }, "a stampede waits no more than 100 ms longer than the server takes");
    }

    public IReadOnlyList<(string Name, string Value)> Figures => figures;
    public IReadOnlyList<string> Broken => broken;

    /// <summary>What happened to the grants that nobody can account for, and to the nodes meanwhile.</summary>
    public IReadOnlyList<string> Histories => histories;

    // Nobody could keep what this rotation gave: the answer was destroyed, or whoever got it was killed or stopped, and by the time
    // that another came with the old token (or the run was over) nobody had saved it.
    private static bool IsLost(TokenFamily family, Rotation rotation, Fleet fleet, Findings found)
    {
        string given = family.Name(rotation.Generation + 1);
        bool isKept = family.WasPresented(rotation.Generation + 1) || found.Stored.GetValueOrDefault(family.Owner) == given;
        return (family.WasPresentedAfterRotation(rotation.Generation) || !isKept)
            && (rotation.IsAnswerDestroyed || fleet.CouldNotKeep(rotation.Node, rotation.At));
    }

    private void Add(string name, object value) => figures.Add((name, string.Create(CultureInfo.InvariantCulture, $"{value:0.#}")));

    private void Promise(bool isKept, string promise)
    {
        if (!isKept)
            broken.Add(promise);
    }
}
