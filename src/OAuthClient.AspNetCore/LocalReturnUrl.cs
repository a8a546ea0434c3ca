using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// What may follow a login (RFC 9700 §4.11): a path of this site, whatever browsers and proxies make of slashes, backslashes,
/// control characters and their percent-encoded forms.
/// </summary>
internal static class LocalReturnUrl
{
    private const int MaximumLength = 512;
    private const int MostRounds = 4;
    private const string ThisSite = "https://this-site.invalid";

    /// <summary>The path, normalised and percent-encoded, or the application's root.</summary>
    public static string OrRoot(string? url, HttpRequest request) =>
        Normalise(url) ?? Normalise(request.PathBase.ToUriComponent() + "/") ?? "/";

    public static string? Normalise(string? url)
    {
        // Until nothing changes any more: without its dot segments "/.//e" is "//e", and a stray "%" can hide one from the first round.
        for (int round = 0; round < MostRounds; round++)
        {
            if (url is null || url.Length > MaximumLength || !IsLocal(url) || !Uri.TryCreate(ThisSite + url, UriKind.Absolute, out var uri))
                return null;
            string normalised = uri.PathAndQuery + uri.Fragment;
            if (string.Equals(normalised, url, StringComparison.Ordinal))
                return url;
            url = normalised;
        }
        return null;
    }

    private static bool IsLocal(string url)
    {
        if (url.AsSpan().IndexOf('\\') >= 0 || url.Any(char.IsControl))
            return false;
        string path = url.Split('?', '#')[0];
        // Whoever decodes it once more than it was encoded, must not find another site either.
        for (int round = 0; round < MostRounds; round++)
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
