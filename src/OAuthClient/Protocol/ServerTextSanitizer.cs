using System.Net;

namespace OAuthClient;

/// <summary>
/// Sanitizes text of a server for messages and logs: printable ASCII, at most 256 characters, without secrets of the request.
/// </summary>
internal static class ServerTextSanitizer
{
    private const int MaximumLength = 256;

    /// <summary>Replaces secrets and unprintable characters, and truncates the text.</summary>
    /// <param name="text">The text of the server.</param>
    /// <param name="secrets">The secrets of the request, which a server may echo.</param>
    /// <returns>The sanitized text; <see langword="null"/> if <paramref name="text"/> is empty or white space.</returns>
    public static string? Clean(string? text, params IReadOnlyList<string> secrets)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        // The longest first: if a secret is part of another one, replacing it first would leave the rest of the other.
        foreach (string form in secrets.Where(secret => secret.Length > 0).SelectMany(EncodedForms).OrderByDescending(form => form.Length))
            text = text.Replace(form, Secret.Redacted, StringComparison.OrdinalIgnoreCase);
        // RFC 6749 A.7, A.8: the characters of error and error_description, except the quotation mark, which messages use around them.
        string clean = string.Concat(text.Take(MaximumLength).Select(c => c is >= ' ' and <= '~' and not '"' ? c : '?'));
        return text.Length > MaximumLength ? clean[..^1] + '~' : clean;
    }

    // A server that echoes the request body or address echoes the encoded form. The case of its hexadecimal digits varies.
    private static IEnumerable<string> EncodedForms(string secret) => [secret, WebUtility.UrlEncode(secret), Uri.EscapeDataString(secret)];

    /// <summary>Removes user, query and fragment from an address, so that it can be part of a message.</summary>
    /// <param name="uri">The address.</param>
    /// <returns>The address without them.</returns>
    public static Uri WithoutQuery(Uri uri) =>
        uri.Query.Length == 0 && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0
            ? uri
            : new UriBuilder(uri)
            {
                Query = null,
                Fragment = null,
                UserName = null,
                Password = null,
            }.Uri;
}
