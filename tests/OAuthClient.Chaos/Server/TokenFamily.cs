using System.Globalization;

namespace OAuthClient.Chaos.Server;

/// <summary>How strict the server is about a refresh token that was used before.</summary>
internal enum Reuse
{
    /// <summary>Its second use revokes the whole family.</summary>
    Revokes,

    /// <summary>For ten seconds it gives what the first use gave; after that it revokes the family.</summary>
    IsForgivenForTenSeconds,
}

/// <summary>That a refresh token was replaced by the next.</summary>
/// <param name="Generation">The one that was used.</param>
/// <param name="Node">Who used it.</param>
/// <param name="At">When.</param>
/// <param name="IsAnswerDestroyed">Whether the answer never left the server, by the plan of faults.</param>
internal sealed record Rotation(long Generation, string Node, DateTimeOffset At, bool IsAnswerDestroyed);

/// <summary>That a refresh token was presented.</summary>
internal sealed record Presentation(long Generation, string Node, DateTimeOffset At);

/// <summary>The refresh tokens of one grant: one after the other, each for one use.</summary>
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

    /// <summary>The presentation for which the server revoked the family.</summary>
    public Presentation? RevokedBy { get; private set; }

    public string RefreshToken => Name(current);

    /// <summary>What happened to it, for whoever has to find out why it was lost.</summary>
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

    /// <summary>Each refresh token's presentations in the order of time.</summary>
    public IEnumerable<IGrouping<long, Presentation>> PresentationsByGeneration
    {
        get
        {
            lock (changes)
                return presentations.ToLookup(presentation => presentation.Generation);
        }
    }

    public string Name(long generation) => string.Create(CultureInfo.InvariantCulture, $"rt.{owner}.{generation}");

    /// <summary>The plain text of an access token says whose it is and when it ends, so that anybody can see whether it is sent too late.</summary>
    public string NewAccessToken(TimeSpan life) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"at.{owner}.{(time.GetUtcNow() + life).ToUnixTimeMilliseconds()}.{Interlocked.Increment(ref accessTokens)}"
        );

    /// <returns>How often this one has been presented, this time included.</returns>
    public int Count(long generation, string node)
    {
        Note(node, $"presents {generation}");
        lock (changes)
        {
            presentations.Add(new(generation, node, time.GetUtcNow()));
            return presentations.Count(presentation => presentation.Generation == generation);
        }
    }

    public void Note(string node, string what)
    {
        lock (changes)
            history.Add(string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():mm:ss.fff} {node} {what}"));
    }

    /// <summary>Whether somebody came with it when it had been replaced already.</summary>
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

    /// <summary>Who rotated a generation, if it was.</summary>
    public Rotation? RotatedBy(long generation)
    {
        lock (changes)
            return rotations.Find(rotation => rotation.Generation == generation);
    }

    /// <returns>The refresh token that the client shall have now; <see langword="null"/> when it has lost the grant.</returns>
    public string? Rotate(long generation, string node, bool isAnswerDestroyed)
    {
        lock (changes)
        {
            if (IsRevoked)
                return null;
            var now = time.GetUtcNow();
            if (generation == current)
            {
                rotations.Add(new(generation, node, now, isAnswerDestroyed));
                current++;
                return RefreshToken;
            }
            if (reuse == Reuse.IsForgivenForTenSeconds && generation == current - 1 && now - rotations[^1].At < Grace)
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
