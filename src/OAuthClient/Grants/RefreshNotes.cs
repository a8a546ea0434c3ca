using System.Collections.Concurrent;

namespace OAuthClient;

/// <summary>What this process remembers about grants whose last refresh failed, so that it does not ask again and again.</summary>
internal sealed class RefreshNotes
{
    public static readonly TimeSpan EarlyRetryPause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Note> notes = new(StringComparer.Ordinal);

    /// <summary>The server said <c>invalid_grant</c> to this very refresh token: it will not change its mind.</summary>
    public void Lost(Grant grant) => notes[grant.Id] = new(grant.RefreshToken, RetryAt: null);

    public bool IsLost(Grant grant) =>
        notes.TryGetValue(grant.Id, out var note) && note.Refused is { } refused && refused.Equals(grant.RefreshToken);

    /// <summary>A refresh ahead of time failed; the token in hand still lives, so there is time to wait.</summary>
    public void EarlyFailed(Grant grant, DateTimeOffset now) => notes.TryAdd(grant.Id, new(Refused: null, now + EarlyRetryPause));

    public bool MayRefreshEarly(Grant grant, DateTimeOffset now)
    {
        if (!notes.TryGetValue(grant.Id, out var note))
            return true;
        if (note.Refused is not null || now < note.RetryAt)
            return false;
        notes.TryRemove(new KeyValuePair<string, Note>(grant.Id, note));
        return true;
    }

    public void Forget(Grant grant) => notes.TryRemove(grant.Id, out _);

    private sealed record Note(RefreshToken? Refused, DateTimeOffset? RetryAt);
}
