namespace OAuthClient;

/// <summary>Decodes forms and queries (<c>application/x-www-form-urlencoded</c>, RFC 6749 Appendix B).</summary>
internal static class FormDecoder
{
    /// <summary>Decodes the names and values in their order.</summary>
    /// <param name="encoded">The form, or the query without its question mark.</param>
    /// <returns>The names and values, which may be repeated. A value is <see langword="null"/> if there is no equals sign.</returns>
    public static IEnumerable<(string Name, string? Value)> Decode(string encoded) =>
        encoded
            .Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=', 2))
            .Select(pair => (Text(pair[0]), pair.Length == 2 ? Text(pair[1]) : null));

    private static string Text(string encoded) => Uri.UnescapeDataString(encoded.Replace('+', ' '));
}
