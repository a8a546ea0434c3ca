using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>The one place where randomness is drawn, nonces aside: names for nodes and attempts, and jitter.</summary>
internal static class Ticket
{
    /// <summary>63 random bits.</summary>
    public static long New() => BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue;

    /// <summary>From 75 to 125 per cent, so that nodes which wait for the same thing do not all come at the same moment.</summary>
    public static TimeSpan Jitter(TimeSpan pause) => pause * (0.75 + RandomNumberGenerator.GetInt32(501) / 1000.0);
}
