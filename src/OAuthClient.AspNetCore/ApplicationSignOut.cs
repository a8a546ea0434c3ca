using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore;

/// <summary>The application's own sign-in, mostly a cookie.</summary>
internal static class ApplicationSignOut
{
    /// <summary>Ends it by the default scheme for that; an application without one has a way of its own.</summary>
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

    /// <summary>At the last moment, because an error page clears what was set before.</summary>
    public static void EndAtResponse(HttpContext context)
    {
        if (!context.Response.HasStarted)
            context.Response.OnStarting(() => EndAsync(context));
    }
}
