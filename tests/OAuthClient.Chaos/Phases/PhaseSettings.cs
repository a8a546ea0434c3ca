using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Phases;

/// <summary>The settings of one run of all nodes against one kind of server.</summary>
/// <param name="Name">The name in the output and of the database schema.</param>
/// <param name="Reuse">How the server handles a refresh token that was used before.</param>
/// <param name="HasFaults">Whether faults are injected in the server, the processes and the database.</param>
/// <param name="Length">The time for which the callers call.</param>
internal sealed record PhaseSettings(string Name, Reuse Reuse, bool HasFaults, TimeSpan Length)
{
    /// <summary>
    /// Gets the number of processes: two for each processor, at least 4 and at most 8. More processes only delay each other, and make the
    /// result inconclusive.
    /// </summary>
    public int Nodes { get; init; } = Math.Clamp(2 * Environment.ProcessorCount, 4, 8);

    /// <summary>Gets the number of callers of each process.</summary>
    public int Callers { get; init; } = Environment.ProcessorCount < 4 ? 32 : 64;

    /// <summary>Gets the number of grants that the processes share.</summary>
    public int Grants { get; init; } = Environment.ProcessorCount < 4 ? 120 : 240;

    /// <summary>Gets what the server binds to a key (RFC 9449).</summary>
    public KeyBinding Keys { get; init; }

    /// <summary>Gets how the clients of the nodes are wrong.</summary>
    public Mutant Mutant { get; init; }

    /// <summary>
    /// Gets a value indicating whether many callers meet an expired token at the end. A mutant would end the phase there.
    /// </summary>
    public bool HasStampede => !HasFaults && Mutant == Mutant.None;

    public int Seed { get; init; } = 1;
    public int PauseMilliseconds { get; init; } = 800;
    public int StampedeCallers { get; init; } = 125;

    /// <summary>Gets the folder of the log files of the nodes.</summary>
    public string? TraceFolder { get; init; }

    /// <summary>Gets the probability of a fault before the rotation. It is low, so that the circuit breaker does not open.</summary>
    public double FaultsBefore => HasFaults ? 0.06 : 0;

    /// <summary>Gets the probability of a lost response after the rotation: without a grace period each one costs a grant.</summary>
    public double FaultsAfter =>
        !HasFaults ? 0
        : Reuse == Reuse.Revokes ? 0.01
        : 0.04;

    /// <summary>Gets the probability that the form of a response deviates. It may cost an access token, and never a grant.</summary>
    public double Deviations => HasFaults ? 0.15 : 0;

    public double Kill => HasFaults ? 0.001 : 0;
}
