using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Chaos.Server;

internal enum FaultKind
{
    None,
    Timeout,
    ServerError,
    TooManyRequests,
    Reset,
    TruncatedBody,
}

/// <param name="Kind">What goes wrong.</param>
/// <param name="IsAfterRotation">Whether the server had done its work by then, so that an answer is lost.</param>
internal sealed record Fault(FaultKind Kind, bool IsAfterRotation);

/// <summary>What goes wrong, drawn from (seed, grant, generation): the same seed torments in the same way, whatever the timing.</summary>
/// <param name="seed">What the draws begin with.</param>
/// <param name="before">How often a request fails before the refresh token is rotated, of 1.</param>
/// <param name="after">How often its answer is lost after that, of 1.</param>
/// <param name="kill">How often a node kills itself at each named point, of 1.</param>
internal sealed class FaultPlan(int seed, double before, double after, double kill)
{
    private static readonly FaultKind[] Before = [FaultKind.Timeout, FaultKind.ServerError, FaultKind.TooManyRequests, FaultKind.Reset];
    private static readonly FaultKind[] After =
    [
        FaultKind.Timeout,
        FaultKind.ServerError,
        FaultKind.TooManyRequests,
        FaultKind.Reset,
        FaultKind.TruncatedBody,
    ];

    public Fault For(string grant, long generation)
    {
        double drawn = Draw(grant, generation, "fault");
        if (drawn < before)
            return new(Before[(int)(Draw(grant, generation, "kind") * Before.Length)], IsAfterRotation: false);
        return drawn < before + after
            ? new(After[(int)(Draw(grant, generation, "kind") * After.Length)], IsAfterRotation: true)
            : new(FaultKind.None, IsAfterRotation: false);
    }

    /// <summary>Whether a node dies here. A later life of the same node draws anew.</summary>
    public bool Kills(string grant, long generation, string point, string node) => Draw(grant, generation, point + node) < kill;

    private double Draw(string grant, long generation, string what) =>
        (
            BinaryPrimitives.ReadUInt64LittleEndian(
                SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seed}|{grant}|{generation}|{what}")))
            ) >> 11
        ) / (double)(1UL << 53);
}
