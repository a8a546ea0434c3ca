using System.Globalization;

namespace OAuthClient.Tests;

internal enum ServerKind
{
    /// <summary>Each refresh token is valid once; a second use revokes the family.</summary>
    Strict,

    /// <summary>A used refresh token is accepted again for a grace period.</summary>
    WithGrace,

    /// <summary>The refresh token never changes.</summary>
    WithoutRotation,
}

internal sealed class ModelServer(ServerKind kind, TimeProvider clock)
{
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);
    private int number;
    private string? previous;
    private long rotatedAt;
    private bool isRevoked;

    public bool Rotates => kind != ServerKind.WithoutRotation;

    public string Current { get; private set; } = "rt-0";

    /// <summary>
    /// Gets a value indicating whether no node could have prevented the loss: a response was lost, or no node survived to save it.
    /// </summary>
    public bool IsUnavoidablyLost { get; private set; }

    public void PresentAfterLease() => IsUnavoidablyLost = true;

    public void LoseResponse() => IsUnavoidablyLost |= kind == ServerKind.Strict;

    public string? Present(string token)
    {
        if (isRevoked)
            return null;
        if (kind == ServerKind.WithoutRotation)
            return token == Current ? Current : null;
        if (token == Current)
        {
            (previous, rotatedAt) = (Current, clock.GetTimestamp());
            return Current = "rt-" + (++number).ToString(CultureInfo.InvariantCulture);
        }
        if (kind == ServerKind.WithGrace && token == previous && clock.GetElapsedTime(rotatedAt) < Grace)
            return Current;
        isRevoked = true;
        return null;
    }
}

/// <summary>Records that a node presented a refresh token.</summary>
internal sealed class ModelPresentation(string token, long leasedAt)
{
    public string Token => token;
    public long LeasedAt => leasedAt;

    /// <summary>
    /// Gets or sets a value indicating whether the outcome was ambiguous, or the server stated that it did not use the token.
    /// </summary>
    public bool IsExcused { get; set; }

    public bool WasRejected { get; set; }

    /// <summary>Gets or sets a value indicating whether the rejection was stored for the other nodes.</summary>
    public bool IsReported { get; set; }
}
