using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TokenResponseDeviation = OAuthClient.Testing.TokenResponseDeviation;

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

/// <param name="Kind">The kind of fault.</param>
/// <param name="IsAfterRotation">Whether the fault occurs after the rotation, so that a response is lost.</param>
internal sealed record Fault(FaultKind Kind, bool IsAfterRotation);

/// <summary>Derives faults from (seed, grant, generation): the same seed produces the same faults, independent of timing.</summary>
/// <param name="seed">The seed of the random numbers.</param>
/// <param name="before">The probability that a request fails before the refresh token is rotated.</param>
/// <param name="after">The probability that the response is lost after the rotation.</param>
/// <param name="kill">The probability that a node kills itself at each named point.</param>
/// <param name="deviation">The probability that the form of a response deviates from the specification.</param>
internal sealed class FaultPlan(int seed, double before, double after, double kill, double deviation = 0)
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

    /// <summary>
    /// Determines how the form of the response deviates with which a refresh token is rotated; <see langword="null"/> if it does not.
    /// </summary>
    public TokenResponseDeviation? DeviationOf(string grant, long generation) =>
        Draw(grant, generation, "deviation") < deviation
            ? TokenResponses.Deviations[(int)(Draw(grant, generation, "form") * TokenResponses.Deviations.Length)]
            : null;

    /// <summary>Determines whether a node is killed at a point. A restarted node draws again.</summary>
    public bool Kills(string grant, long generation, string point, string node) => Draw(grant, generation, point + node) < kill;

    private double Draw(string grant, long generation, string what) =>
        (
            BinaryPrimitives.ReadUInt64LittleEndian(
                SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seed}|{grant}|{generation}|{what}")))
            ) >> 11
        ) / (double)(1UL << 53);
}
