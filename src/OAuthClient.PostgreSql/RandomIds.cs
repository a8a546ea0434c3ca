using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>Creates random ids of nodes and requests, and jitter.</summary>
internal static class RandomIds
{
    /// <summary>Returns 63 random bits.</summary>
    public static long New() => BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue;

    /// <summary>Returns the same id for each attempt to renew a lease, so that a renewal can be repeated after a lost response.</summary>
    /// <param name="node">The node's id.</param>
    /// <param name="fence">The fence of the lease.</param>
    public static long ToRenew(long node, long fence)
    {
        Span<byte> both = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(both, node);
        BinaryPrimitives.WriteInt64LittleEndian(both[sizeof(long)..], fence);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(both, hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash) & long.MaxValue;
    }

    /// <summary>
    /// Returns 75 to 125 percent of a delay, so that nodes that wait for the same event do not all continue at the same time.
    /// </summary>
    public static TimeSpan Jitter(TimeSpan delay) => delay * (0.75 + RandomNumberGenerator.GetInt32(501) / 1000.0);
}
