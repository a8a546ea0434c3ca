using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>The one place where randomness is drawn, nonces aside: names for nodes and attempts, and jitter.</summary>
internal static class RandomIds
{
    /// <summary>63 random bits.</summary>
    public static long New() => BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue;

    /// <summary>The same for whoever asks again to renew a lease, so that a renewal whose answer was lost is known for its own.</summary>
    /// <param name="node">The process.</param>
    /// <param name="fence">The lease's number.</param>
    public static long ToRenew(long node, long fence)
    {
        Span<byte> both = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(both, node);
        BinaryPrimitives.WriteInt64LittleEndian(both[sizeof(long)..], fence);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(both, hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash) & long.MaxValue;
    }

    /// <summary>From 75 to 125 per cent, so that nodes which wait for the same thing do not all come at the same moment.</summary>
    public static TimeSpan Jitter(TimeSpan pause) => pause * (0.75 + RandomNumberGenerator.GetInt32(501) / 1000.0);
}
