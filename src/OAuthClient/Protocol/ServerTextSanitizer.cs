using System.Net;

namespace OAuthClient;

/// <summary>Makes text that a server sent fit for a message or a log: printable ASCII, at most 256 characters, none of our secrets.</summary>
internal static class ServerTextSanitizer
{
    private const int MaximumLength = 256;

    /// <param name="text">What the server sent.</param>
    /// <param name="sent">The secrets of the request: a server that echoes one must not get it into our log.</param>
    public static string? Clean(string? text, params IReadOnlyList<string> sent)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        // The longest first: what is part of another must not leave the other's rest.
        foreach (string secret in sent.SelectMany(AsEchoed).OrderByDescending(written => written.Length))
            text = text.Replace(secret, Secret.Redacted, StringComparison.OrdinalIgnoreCase);
        bool cut = text.Length > MaximumLength;
        return string.Create(
            Math.Min(text.Length, MaximumLength),
            (text, cut),
            static (span, source) =>
            {
                // RFC 6749 A.7, A.8: what error and error_description may hold, less the quote that would end ours.
                for (int i = 0; i < span.Length; i++)
                    span[i] = source.text[i] is >= ' ' and <= '~' and not '"' ? source.text[i] : '?';
                if (source.cut)
                    span[^1] = '~';
            }
        );
    }

    // A server that quotes the body or the address it got quotes it encoded; hexadecimal digits come in either case.
    private static IEnumerable<string> AsEchoed(string secret) => [secret, WebUtility.UrlEncode(secret), Uri.EscapeDataString(secret)];

    /// <summary>An address fit for a message: no user, query or fragment.</summary>
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
