using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace OAuthClient.AspNetCore;

/// <summary>Joins the application's cookie to the sign-in at the server.</summary>
public static class SignInCookieExtensions
{
    /// <summary>
    /// A cookie of a user who signed in by an OAuth client is worth nothing any more once that is over: they signed out at the server, or
    /// in this application on another node, their grants were revoked, or <see cref="OAuthClientOptions.SignInLifetime"/> has passed. Asked at each
    /// request, mostly of memory. Other cookies are left alone. With the grants in memory only, a restart signs everybody out; when the store
    /// cannot be reached and memory does not know, its exception passes, and nobody is signed out.
    /// </summary>
    /// <param name="options">The cookie scheme's.</param>
    /// <exception cref="InvalidOperationException"><c>EventsType</c> is set, which would take the place of what this sets.</exception>
    public static CookieAuthenticationOptions EndWithSignIn(this CookieAuthenticationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.EventsType is not null)
            throw new InvalidOperationException("EndWithSignIn() needs the cookie's Events, and EventsType takes their place; set Events instead.");
        var before = options.Events.OnValidatePrincipal;
        options.Events.OnValidatePrincipal = async context =>
        {
            await before(context).ConfigureAwait(false);
            if (context.Principal is { } user && !await SignedInSession.StandsAsync(user, context.HttpContext).ConfigureAwait(false))
            {
                context.RejectPrincipal();
                await context.HttpContext.SignOutAsync(context.Scheme.Name).ConfigureAwait(false);
            }
        };
        return options;
    }
}
