namespace OAuthClient;

/// <summary>Reads and writes lists of scopes: case-sensitive, separated by spaces, in any order (RFC 6749 §3.3).</summary>
internal static class ScopeList
{
    public const string OpenId = "openid";
    public const string OfflineAccess = "offline_access";

    public static string Join(IReadOnlyCollection<string> scopes) => string.Join(' ', scopes);

    /// <summary>Validates scopes and removes duplicates.</summary>
    /// <param name="scopes">The scopes.</param>
    /// <returns>The distinct scopes.</returns>
    /// <exception cref="ArgumentException">An item is not a single scope.</exception>
    public static string[] Checked(IEnumerable<string> scopes) =>
        [
            .. scopes
                .Distinct()
                .Select(scope =>
                    scope is not null && IsToken(scope)
                        ? scope
                        : throw new ArgumentException(
                            $"The scope '{scope}' is empty or contains a space or another character that is not allowed (RFC 6749 §3.3); "
                                + "pass each scope separately.",
                            nameof(scopes)
                        )
                ),
        ];

    public static IReadOnlyList<string> Split(string scope) => [.. scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct()];

    /// <summary>Determines whether a text is the result of <see cref="Join"/> for the scopes, so that it need not be split.</summary>
    public static bool IsJoined(string scope, IReadOnlyList<string> scopes)
    {
        var rest = scope.AsSpan();
        for (int i = 0; i < scopes.Count; i++)
        {
            if (i > 0)
            {
                if (rest.IsEmpty || rest[0] != ' ')
                    return false;
                rest = rest[1..];
            }
            if (!rest.StartsWith(scopes[i], StringComparison.Ordinal))
                return false;
            rest = rest[scopes[i].Length..];
        }
        return rest.IsEmpty;
    }

    public static bool Covers(IReadOnlyCollection<string> granted, IReadOnlyCollection<string> asked) =>
        asked.Count == 0 || !asked.Except(granted).Any();

    // RFC 6749 A.4: scope-token = 1*NQCHAR (%x21 / %x23-5B / %x5D-7E)
    public static bool IsToken(string scope) => scope.Length > 0 && scope.All(c => c is '!' or (>= '#' and <= '[') or (>= ']' and <= '~'));
}
