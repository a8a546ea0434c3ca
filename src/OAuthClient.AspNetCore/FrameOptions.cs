using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>Who may show a page in a frame of theirs.</summary>
internal static class FrameOptions
{
    /// <summary>Nobody: what a click there would do is not what the user sees (OpenID Connect Core §4).</summary>
    public static void Deny(HttpContext context) => AllowOnly(context, "'none'");

    public static void AllowOnly(HttpContext context, string origins) =>
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = $"default-src 'none'; frame-ancestors {origins}";
            // It knows no origins but the page's own; an application may set it for all its pages.
            if (origins == "'none'")
                headers.XFrameOptions = "DENY";
            else
                headers.Remove("X-Frame-Options");
            return Task.CompletedTask;
        });
}
