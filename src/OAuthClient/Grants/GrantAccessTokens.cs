using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>Creates the access tokens of a grant, by <see cref="AccessTokenKey.Key"/>.</summary>
internal static class GrantAccessTokens
{
    // A grant is written to the store as a whole at each refresh, and an application may let its own callers choose scopes and resources.
    private const int MaximumCount = 32;

    /// <summary>Adds or replaces a token, and removes expired tokens and those beyond the maximum, oldest first.</summary>
    public static FrozenDictionary<string, AccessToken> Set(
        FrozenDictionary<string, AccessToken> tokens,
        string key,
        AccessToken token,
        DateTimeOffset now
    ) =>
        tokens
            .Where(other => other.Key != key && !(other.Value.ExpiresAt <= now))
            // The token for all granted scopes is kept.
            .OrderByDescending(other => other.Key.Length == 0)
            .ThenByDescending(other => other.Value.IssuedAt)
            .Take(MaximumCount - 1)
            .Append(new(key, token))
            .ToFrozenDictionary();
}
