using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Validates return URLs, to prevent open redirects (RFC 9700 §4.11). A valid URL stays a path of this site however browsers and proxies
/// interpret slashes, backslashes, control characters and their percent-encoded forms.
/// </summary>
internal static class LocalReturnUrl
{
    private const int MaximumLength = 512;
    private const int MaximumRounds = 4;
    private const string ThisSite = "https://this-site.invalid";

    /// <summary>Returns the path, normalized and percent-encoded; the application's root if the URL is not a local path.</summary>
    public static string OrRoot(string? url, HttpRequest request) =>
        Normalize(url) ?? Normalize(request.PathBase.ToUriComponent() + "/") ?? "/";

    public static string? Normalize(string? url)
    {
        // Repeated until the URL is stable: without dot segments "/.//e" is "//e", and a stray "%" can hide one in the first round.
        for (int round = 0; round < MaximumRounds; round++)
        {
            if (url is null || url.Length > MaximumLength || !IsLocal(url) || !Uri.TryCreate(ThisSite + url, UriKind.Absolute, out var uri))
                return null;
            string normalized = uri.PathAndQuery + uri.Fragment;
            if (string.Equals(normalized, url, StringComparison.Ordinal))
                return url;
            url = normalized;
        }
        return null;
    }

    private static bool IsLocal(string url)
    {
        if (url.AsSpan().IndexOf('\\') >= 0 || url.Any(char.IsControl))
            return false;
        string path = url.Split('?', '#')[0];
        // The path must also stay local if a proxy decodes it more often than it was encoded.
        for (int round = 0; round < MaximumRounds; round++)
        {
            if (
                !path.StartsWith('/')
                || path.StartsWith("//", StringComparison.Ordinal)
                || path.Contains('\\', StringComparison.Ordinal)
                || path.Any(char.IsControl)
            )
                return false;
            string decoded = Uri.UnescapeDataString(path);
            if (string.Equals(decoded, path, StringComparison.Ordinal))
                return true;
            path = decoded;
        }
        return false;
    }
}
