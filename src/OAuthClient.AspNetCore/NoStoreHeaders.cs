using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Sets headers that prevent caches from storing the response, and browsers from sending its address, which may contain a code or a state,
/// in a Referer header.
/// </summary>
internal static class NoStoreHeaders
{
    public static void Declare(HttpContext context)
    {
        SetHeaders(context.Response);
        // Set again when the response starts: an error page clears all headers, and a result may set others.
        context.Response.OnStarting(
            static response =>
            {
                SetHeaders((HttpResponse)response);
                return Task.CompletedTask;
            },
            context.Response
        );
    }

    private static void SetHeaders(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.Pragma = "no-cache";
        response.Headers["Referrer-Policy"] = "no-referrer";
    }
}
