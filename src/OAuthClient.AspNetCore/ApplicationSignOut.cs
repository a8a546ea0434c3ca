using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore;

/// <summary>Ends the application's own sign-in, which is usually a cookie.</summary>
internal static class ApplicationSignOut
{
    /// <summary>Signs out of the default sign-out scheme. Does nothing if the application has none.</summary>
    public static async Task EndAsync(HttpContext context)
    {
        if (
            context.RequestServices.GetService<IAuthenticationSchemeProvider>() is { } schemes
            && await schemes.GetDefaultSignOutSchemeAsync().ConfigureAwait(false) is { } scheme
        )
        {
            await context.SignOutAsync(scheme.Name).ConfigureAwait(false);
        }
    }

    /// <summary>Signs out when the response starts, because an error page clears headers that were set before.</summary>
    public static void EndAtResponse(HttpContext context)
    {
        if (!context.Response.HasStarted)
            context.Response.OnStarting(() => EndAsync(context));
    }
}
