namespace OAuthClient;

/// <summary>Scopes on the wire: case-sensitive, separated by spaces, in no order (RFC 6749 §3.3).</summary>
internal static class ScopeText
{
    public const string OpenId = "openid";

    public static string Join(IReadOnlyCollection<string> scopes) => string.Join(' ', scopes);

    /// <exception cref="ArgumentException">One is not a single scope.</exception>
    public static string[] Checked(IEnumerable<string> scopes) =>
        [.. scopes.Distinct(StringComparer.Ordinal).Select(scope => scope is not null && IsToken(scope)
            ? scope
            : throw new ArgumentException($"The scope '{scope}' holds a space or another character that no scope may have (RFC 6749 §3.3).", nameof(scopes)))];

    public static IReadOnlyList<string> Split(string scope) =>
        [.. scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];

    public static bool Covers(IReadOnlyCollection<string> granted, IReadOnlyCollection<string> asked) =>
        asked.Count == 0 || asked.All(granted.ToHashSet(StringComparer.Ordinal).Contains);

    // RFC 6749 A.4: scope-token = 1*NQCHAR (%x21 / %x23-5B / %x5D-7E)
    public static bool IsToken(string scope) =>
        scope.Length > 0 && scope.All(c => c is '!' or (>= '#' and <= '[') or (>= ']' and <= '~'));
}
