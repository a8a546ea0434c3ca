using System.Globalization;

namespace OAuthClient.Tests;

internal enum ServerKind
{
    /// <summary>One use each; a second revokes the family.</summary>
    Strict,

    /// <summary>A used one is taken again for a while.</summary>
    WithGrace,

    /// <summary>The same refresh token for ever.</summary>
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

    /// <summary>Whether nobody can be blamed for the loss: an answer never arrived, or nobody outlived it.</summary>
    public bool IsLostForGood { get; private set; }

    public void PresentedLate() => IsLostForGood = true;

    public void AnswerLost() => IsLostForGood |= kind == ServerKind.Strict;

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

/// <summary>That a node presented a refresh token.</summary>
internal sealed class ModelPresentation(string token, long leasedAt)
{
    public string Token => token;
    public long LeasedAt => leasedAt;

    /// <summary>Nobody could know what became of it, or the server said that it did not touch the token.</summary>
    public bool IsExcused { get; set; }

    public bool WasRefused { get; set; }

    /// <summary>That the server refused it was written down for the others.</summary>
    public bool IsTold { get; set; }
}
