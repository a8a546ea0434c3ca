using OAuthClient.Chaos.Server;
using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Phases;

/// <summary>What is known when a phase is over.</summary>
/// <param name="Settings">The phase.</param>
/// <param name="Server">The authorization server, with what it was asked.</param>
/// <param name="Fleet">The nodes, with what they reported.</param>
/// <param name="Outages">When the rig restarted the database.</param>
/// <param name="Stampede">The stampede at the end of a phase without faults.</param>
/// <param name="Found">What each grant came to.</param>
internal sealed record PhaseRun(
    PhaseSettings Settings,
    TormentingServer Server,
    Fleet Fleet,
    IReadOnlyList<Stall> Outages,
    Stampede? Stampede,
    Findings Found
)
{
    /// <summary>How many answers were destroyed by the plan, or went to a node that was killed or stopped before it saved them.</summary>
    public int AnswersLost => Server.Families.Sum(family => family.Rotations.Count(rotation => IsLost(family, rotation)));

    /// <summary>The grants that were lost though none of their answers was.</summary>
    public IReadOnlyList<TokenFamily> Collateral =>
        [
            .. Server.Families.Where(family =>
                Found.Lost.Contains(family.Owner) && !family.Rotations.Any(rotation => IsLost(family, rotation))
            ),
        ];

    // The answer was destroyed, or the node that got it was killed or stopped; and when another node came with the old token, or
    // the phase was over, it had not been saved.
    private bool IsLost(TokenFamily family, Rotation rotation)
    {
        string given = family.Name(rotation.Generation + 1);
        bool isKept = family.WasPresented(rotation.Generation + 1) || Found.Stored.GetValueOrDefault(family.Owner) == given;
        return (family.WasPresentedAfterRotation(rotation.Generation) || !isKept)
            && (rotation.IsAnswerDestroyed || Fleet.CouldNotKeep(rotation.Node, rotation.At));
    }
}

/// <param name="Callers">How many came at once.</param>
/// <param name="TokenRequests">How many requests they cost.</param>
/// <param name="P99OverLatency">How much longer than the server the slowest but 1 % waited, in milliseconds.</param>
/// <param name="From">When they were told to begin.</param>
/// <param name="To">When the last had its token.</param>
internal sealed record Stampede(int Callers, int TokenRequests, double P99OverLatency, DateTimeOffset From, DateTimeOffset To);

/// <param name="Lost">Whose grants only the user can bring back, by <see cref="ReauthorizationRequiredException"/>.</param>
/// <param name="Wrong">Whose grants failed in another way, how and when.</param>
/// <param name="Stored">The refresh token in the store.</param>
internal sealed record Findings(IReadOnlySet<string> Lost, IReadOnlyList<FailedLook> Wrong, IReadOnlyDictionary<string, string?> Stored);

/// <summary>That a grant could not be looked at after the phase.</summary>
internal sealed record FailedLook(string Owner, Exception Exception, DateTimeOffset From, DateTimeOffset To);
