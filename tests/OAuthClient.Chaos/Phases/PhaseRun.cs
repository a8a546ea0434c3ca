using OAuthClient.Chaos.Server;
using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Phases;

/// <summary>The data of a completed phase.</summary>
/// <param name="Settings">The settings of the phase.</param>
/// <param name="Server">The authorization server, with the requests it received.</param>
/// <param name="Fleet">The nodes, with the events they reported.</param>
/// <param name="Outages">The intervals in which the rig restarted the database.</param>
/// <param name="Stampede">The stampede at the end of a phase without faults.</param>
/// <param name="Found">The final state of each grant.</param>
internal sealed record PhaseRun(
    PhaseSettings Settings,
    FaultyServer Server,
    Fleet Fleet,
    IReadOnlyList<Stall> Outages,
    Stampede? Stampede,
    Findings Found
)
{
    /// <summary>
    /// Gets the number of responses that the plan destroyed, or that a node received and was killed or suspended before it saved them.
    /// </summary>
    public int ResponsesLost => Server.Families.Sum(family => family.Rotations.Count(rotation => IsLost(family, rotation)));

    /// <summary>Gets the grants that were lost although none of their responses was.</summary>
    public IReadOnlyList<TokenFamily> Collateral =>
        [
            .. Server.Families.Where(family =>
                Found.Lost.Contains(family.Owner) && !family.Rotations.Any(rotation => IsLost(family, rotation))
            ),
        ];

    /// <summary>
    /// Gets the grants that were lost although none of their responses was, and whose revoked token was rotated with a response whose form
    /// deviated.
    /// </summary>
    public IReadOnlyList<TokenFamily> LostForForm =>
        [.. Collateral.Where(family => family.RevokedBy is { } revoked && family.RotatedBy(revoked.Generation) is { Deviation: not null })];

    // The plan destroyed the response, or the node that received it was killed or suspended; and it was not saved before another node
    // presented the old token, or before the phase ended.
    private bool IsLost(TokenFamily family, Rotation rotation)
    {
        string name = family.Name(rotation.Generation + 1);
        bool isKept = family.WasPresented(rotation.Generation + 1) || Found.Stored.GetValueOrDefault(family.Owner) == name;
        return (family.WasPresentedAfterRotation(rotation.Generation) || !isKept)
            && (rotation.IsResponseDestroyed || Fleet.CouldNotKeep(rotation.Node, rotation.At));
    }
}

/// <param name="Callers">The number of concurrent callers.</param>
/// <param name="TokenRequests">The number of token requests.</param>
/// <param name="P99OverLatency">The 99th percentile of the waiting time beyond the server's response time, in milliseconds.</param>
/// <param name="From">The time at which the callers started.</param>
/// <param name="To">The time at which the last caller received its token.</param>
internal sealed record Stampede(int Callers, int TokenRequests, double P99OverLatency, DateTimeOffset From, DateTimeOffset To);

/// <param name="Lost">The owners whose grants require a new authorization, by <see cref="ReauthorizationRequiredException"/>.</param>
/// <param name="Wrong">The owners whose grants failed in another way, with exception and time.</param>
/// <param name="Stored">The refresh token in the store.</param>
internal sealed record Findings(IReadOnlySet<string> Lost, IReadOnlyList<FailedCheck> Wrong, IReadOnlyDictionary<string, string?> Stored);

/// <summary>Records that a grant could not be checked after the phase.</summary>
internal sealed record FailedCheck(string Owner, Exception Exception, DateTimeOffset From, DateTimeOffset To);
