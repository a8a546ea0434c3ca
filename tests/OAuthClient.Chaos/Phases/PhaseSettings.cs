using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Phases;

/// <summary>One run of the whole fleet against one kind of server.</summary>
/// <param name="Name">How the output calls it, and the database schema.</param>
/// <param name="Reuse">How the server takes a refresh token that was used before.</param>
/// <param name="IsTormented">Whether anything goes wrong at all: at the server, in the processes, in the database.</param>
/// <param name="Length">How long the callers call.</param>
internal sealed record PhaseSettings(string Name, Reuse Reuse, bool IsTormented, TimeSpan Length)
{
    /// <summary>
    /// Gets how many processes call. More of them than the machine can run only delay each other, and nothing can be told from that: two for
    /// each processor, at least 4 and at most 8.
    /// </summary>
    public int Nodes { get; init; } = Math.Clamp(2 * Environment.ProcessorCount, 4, 8);

    /// <summary>Gets how many callers each process has.</summary>
    public int Callers { get; init; } = Environment.ProcessorCount < 4 ? 32 : 64;

    /// <summary>Gets how many grants they share.</summary>
    public int Grants { get; init; } = Environment.ProcessorCount < 4 ? 120 : 240;
    public int Seed { get; init; } = 1;
    public int PauseMilliseconds { get; init; } = 800;
    public int StampedeCallers { get; init; } = 125;

    /// <summary>Where the nodes write what they log.</summary>
    public string? TraceFolder { get; init; }

    /// <summary>How often a fault comes before the rotation. Seldom enough that the circuit breaker does not hide what is to be seen.</summary>
    public double FaultsBefore => IsTormented ? 0.06 : 0;

    /// <summary>How often an answer is lost after it: at a strict server each one is a grant.</summary>
    public double FaultsAfter =>
        !IsTormented ? 0
        : Reuse == Reuse.Revokes ? 0.01
        : 0.04;

    public double Kill => IsTormented ? 0.001 : 0;
}
