namespace OAuthClient;

/// <summary>Validates and escapes the parts of the text form of a <c>GrantOwner</c>.</summary>
internal static class GrantOwnerSyntax
{
    public const char IssuerEnd = ' ';
    public const char ScopeEnd = ':';

    // An unpaired surrogate has no UTF-8 encoding and would be stored as another id. Databases reject NUL.
    public static bool IsValid(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i]))))
                return false;
        }
        return true;
    }

    public static bool HasTwoParts(string text, char separator) =>
        text.Contains(separator, StringComparison.Ordinal) && IsValid(Before(text, separator)) && IsValid(After(text, separator));

    public static string Before(string text, char separator) => text[..text.IndexOf(separator, StringComparison.Ordinal)];

    public static string After(string text, char separator) => text[(text.IndexOf(separator, StringComparison.Ordinal) + 1)..];

    public static string EscapeIssuer(string issuer) =>
        issuer.Replace("%", "%25", StringComparison.Ordinal).Replace(" ", "%20", StringComparison.Ordinal);

    public static string UnescapeIssuer(string escaped) =>
        escaped.Replace("%20", " ", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);

    // Each owner has one text form. Two spellings of one issuer would be two keys in a store.
    public static bool IsEscapedIssuer(string escaped) => EscapeIssuer(UnescapeIssuer(escaped)) == escaped;
}
