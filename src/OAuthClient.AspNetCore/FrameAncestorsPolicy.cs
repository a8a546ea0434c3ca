using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>Who may show a page in a frame of theirs.</summary>
internal static class FrameAncestorsPolicy
{
    private const string NothingLoaded = "default-src 'none'";

    /// <summary>No page: what a click there would do is not what the user sees (OpenID Connect Core §4).</summary>
    /// <param name="context">The request's context.</param>
    /// <param name="policy">The other directives of the Content-Security-Policy.</param>
    public static void Deny(HttpContext context, string policy = NothingLoaded) => Allow(context, "'none'", policy);

    public static void AllowOnly(HttpContext context, string origins) => Allow(context, origins, NothingLoaded);

    private static void Allow(HttpContext context, string origins, string policy) =>
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = $"{policy}; frame-ancestors {origins}";
            // It knows no origins but the page's own; an application may set it for all its pages.
            if (origins == "'none'")
                headers.XFrameOptions = "DENY";
            else
                headers.Remove("X-Frame-Options");
            return Task.CompletedTask;
        });
}
