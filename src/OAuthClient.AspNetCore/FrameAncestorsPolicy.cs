using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>Sets the headers that restrict which sites may load a page in a frame.</summary>
internal static class FrameAncestorsPolicy
{
    private const string NothingLoaded = "default-src 'none'";

    /// <summary>Denies all frames, which prevents clickjacking (OpenID Connect Core §4).</summary>
    /// <param name="context">The request's context.</param>
    /// <param name="policy">The other directives of the Content-Security-Policy.</param>
    public static void Deny(HttpContext context, string policy = NothingLoaded) => Allow(context, "'none'", policy);

    public static void AllowOnly(HttpContext context, string origins) => Allow(context, origins, NothingLoaded);

    private static void Allow(HttpContext context, string origins, string policy) =>
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = $"{policy}; frame-ancestors {origins}";
            // X-Frame-Options cannot name other origins. The application may set it for all its pages.
            if (origins == "'none'")
                headers.XFrameOptions = "DENY";
            else
                headers.Remove("X-Frame-Options");
            return Task.CompletedTask;
        });
}
