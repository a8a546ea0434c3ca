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

/// <summary>The refresh tokens of one grant: one after the other, each for one use.</summary>
internal sealed class TokenFamily(string owner, Reuse reuse, TimeProvider time)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Lock changes = new();
    private readonly Dictionary<long, int> presentations = [];
    private readonly List<Rotation> rotations = [];
    private readonly List<string> history = [];
    private long current = 1;
    private int accessTokens;

    public string Owner => owner;
    public bool IsRevoked { get; private set; }

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

    public int MostPresentations
    {
        get
        {
            lock (changes)
                return presentations.Count == 0 ? 0 : presentations.Values.Max();
        }
    }

    public string Name(long generation) => string.Create(CultureInfo.InvariantCulture, $"rt.{owner}.{generation}");

    /// <summary>The plain text of an access token says whose it is and when it ends, so that anybody can see whether it is sent too late.</summary>
    public string NewAccessToken(TimeSpan life) => string.Create(
        CultureInfo.InvariantCulture, $"at.{owner}.{(time.GetUtcNow() + life).ToUnixTimeMilliseconds()}.{Interlocked.Increment(ref accessTokens)}");

    /// <returns>How often this one has been presented, this time included.</returns>
    public int Count(long generation, string node)
    {
        Note(node, $"presents {generation}");
        lock (changes)
            return presentations[generation] = presentations.GetValueOrDefault(generation) + 1;
    }

    public void Note(string node, string what)
    {
        lock (changes)
            history.Add(string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():mm:ss.fff} {node} {what}"));
    }

    public bool WasPresented(long generation)
    {
        lock (changes)
            return presentations.ContainsKey(generation);
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
                return RefreshToken;
            IsRevoked = true;
            return null;
        }
    }
}
