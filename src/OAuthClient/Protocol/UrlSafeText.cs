using System.Buffers;

namespace OAuthClient;

/// <summary>Recognizes text that needs no encoding in an address or a key: ASCII letters, digits, hyphens, underscores and dots.</summary>
internal static class UrlSafeText
{
    private static readonly SearchValues<char> Characters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    );

    /// <summary>Determines whether a text contains only these characters; <see langword="true"/> if it is empty.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Characters);
}
