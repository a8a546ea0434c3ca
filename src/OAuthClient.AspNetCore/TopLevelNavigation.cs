using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Determines from fetch metadata (W3C Fetch Metadata Request Headers) whether a request is a navigation of the user. An image, a script
/// or a frame of another site must not set a cookie, because it could evict the cookie of a pending authorization.
/// </summary>
internal static class TopLevelNavigation
{
    public static bool Matches(HttpRequest request)
    {
        var headers = request.Headers;
        // A browser without fetch metadata sends none of these headers and is allowed.
        if (headers["Sec-Fetch-Mode"] is { Count: > 0 } mode && !Is(mode.ToString(), "navigate"))
            return false;
        // A speculative load: the browser repeats the request when the user navigates.
        if (headers["Sec-Purpose"].ToString().Contains("prefetch", StringComparison.OrdinalIgnoreCase))
            return false;
        if (Is(headers.XRequestedWith.ToString(), "XMLHttpRequest"))
            return false;
        return headers["Sec-Fetch-Dest"] is not { Count: > 0 } destination
            || destination.ToString() switch
            {
                "document" => true,
                // A frame of this site, for example a sign-in with prompt=none.
                "iframe" or "frame" => IsSameOrigin(request),
                _ => false,
            };
    }

    /// <summary>Determines whether a page of this origin sent the request. Pages of other sites cannot forge the header.</summary>
    public static bool IsSameOrigin(HttpRequest request) => Is(request.Headers["Sec-Fetch-Site"].ToString(), "same-origin");

    private static bool Is(string value, string expected) => string.Equals(value, expected, StringComparison.OrdinalIgnoreCase);
}
