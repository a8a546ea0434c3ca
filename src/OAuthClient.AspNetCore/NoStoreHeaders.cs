using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>Keeps a response out of every cache, and its address, which holds a code or a state, out of the Referer of what follows.</summary>
internal static class NoStoreHeaders
{
    public static void Declare(HttpContext context)
    {
        SetHeaders(context.Response);
        // Once more at the last moment: an error page clears all headers, and a result may set its own.
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
