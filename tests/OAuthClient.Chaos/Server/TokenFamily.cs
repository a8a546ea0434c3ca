using System.Globalization;
using TokenResponseDeviation = OAuthClient.Testing.TokenResponseDeviation;

namespace OAuthClient.Chaos.Server;

/// <summary>Determines how the server handles a refresh token that was used before.</summary>
internal enum Reuse
{
    /// <summary>The second use revokes the whole family.</summary>
    Revokes,

    /// <summary>For ten seconds the response of the first use is repeated; after that the second use revokes the family.</summary>
    AllowedForTenSeconds,
}

/// <summary>Records that a refresh token was replaced by the next.</summary>
/// <param name="Generation">The generation of the token that was used.</param>
/// <param name="Node">The node that used it.</param>
/// <param name="At">The time of the rotation.</param>
/// <param name="IsResponseDestroyed">Whether the plan of faults prevented the response.</param>
/// <param name="Deviation">How the form of the response deviates; <see langword="null"/> if it does not.</param>
internal sealed record Rotation(
    long Generation,
    string Node,
    DateTimeOffset At,
    bool IsResponseDestroyed,
    TokenResponseDeviation? Deviation
);

/// <summary>Records that a refresh token was presented.</summary>
internal sealed record Presentation(long Generation, string Node, DateTimeOffset At);

/// <summary>The successive refresh tokens of one grant, each of which is valid for one use.</summary>
internal sealed class TokenFamily(string owner, Reuse reuse, TimeProvider time)
{
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Lock changes = new();
    private readonly List<Presentation> presentations = [];
    private readonly List<Rotation> rotations = [];
    private readonly HashSet<long> reused = [];
    private readonly List<string> history = [];
    private long current = 1;
    private int accessTokens;

    public string Owner => owner;
    public bool IsRevoked => RevokedBy is not null;

    /// <summary>Gets the presentation for which the server revoked the family.</summary>
    public Presentation? RevokedBy { get; private set; }

    public string RefreshToken => Name(current);

    /// <summary>Gets the events of the family, for the analysis of a lost grant.</summary>
    public IReadOnlyList<string> History
    {
        get
        {
            lock (changes)
                return [.. history];
        }
    }

    public IReadOnlyList<Rotation> Rotations
    {
        get
        {
            lock (changes)
                return [.. rotations];
        }
    }

    public int MostPresentations => PresentationsByGeneration.Select(group => group.Count()).DefaultIfEmpty(0).Max();

    /// <summary>Gets each refresh token's presentations in the order of time.</summary>
    public IEnumerable<IGrouping<long, Presentation>> PresentationsByGeneration
    {
        get
        {
            lock (changes)
                return presentations.ToLookup(presentation => presentation.Generation);
        }
    }

    public string Name(long generation) => string.Create(CultureInfo.InvariantCulture, $"rt.{owner}.{generation}");

    /// <summary>
    /// Creates an access token whose text contains its owner and expiry, so that a token that is sent too late is detected.
    /// </summary>
    public string NewAccessToken(TimeSpan lifetime) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"at.{owner}.{(time.GetUtcNow() + lifetime).ToUnixTimeMilliseconds()}.{Interlocked.Increment(ref accessTokens)}"
        );

    /// <returns>The number of times this token has been presented, including this one.</returns>
    public int Count(long generation, string node)
    {
        Record(node, $"presents {generation}");
        lock (changes)
        {
            presentations.Add(new(generation, node, time.GetUtcNow()));
            return presentations.Count(presentation => presentation.Generation == generation);
        }
    }

    public void Record(string node, string what)
    {
        lock (changes)
            history.Add(string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():mm:ss.fff} {node} {what}"));
    }

    /// <summary>Determines whether a token was presented after it had been replaced.</summary>
    public bool WasPresentedAfterRotation(long generation)
    {
        lock (changes)
            return reused.Contains(generation);
    }

    public bool WasPresented(long generation)
    {
        lock (changes)
            return presentations.Exists(presentation => presentation.Generation == generation);
    }

    /// <summary>Returns the rotation of a generation, if it was rotated.</summary>
    public Rotation? RotatedBy(long generation)
    {
        lock (changes)
            return rotations.Find(rotation => rotation.Generation == generation);
    }

    /// <summary>Revokes the family because of a presentation.</summary>
    public void Revoke(long generation, string node, string why)
    {
        Record(node, $"presents {generation} {why}");
        lock (changes)
            RevokedBy ??= new(generation, node, time.GetUtcNow());
    }

    /// <returns>The current refresh token of the client; <see langword="null"/> if the grant is lost.</returns>
    public string? Rotate(long generation, string node, bool isResponseDestroyed, TokenResponseDeviation? deviation)
    {
        lock (changes)
        {
            if (IsRevoked)
                return null;
            var now = time.GetUtcNow();
            if (generation == current)
            {
                rotations.Add(new(generation, node, now, isResponseDestroyed, deviation));
                current++;
                return RefreshToken;
            }
            if (reuse == Reuse.AllowedForTenSeconds && generation == current - 1 && now - rotations[^1].At < Grace)
            {
                reused.Add(generation);
                return RefreshToken;
            }
            reused.Add(generation);
            RevokedBy = new(generation, node, now);
            return null;
        }
    }
}
