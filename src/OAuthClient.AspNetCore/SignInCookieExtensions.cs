using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace OAuthClient.AspNetCore;

/// <summary>Provides an extension method that rejects the cookies of sign-ins that have ended.</summary>
public static class SignInCookieExtensions
{
    /// <summary>
    /// Rejects, and deletes, the cookie of a user who signed in by an OAuth client once that sign-in has ended: the user signed out at the
    /// server, or in this application on another node, the grants were revoked, the tenant was removed from
    /// <see cref="OAuthClientOptions.AllowedTenants"/>, or <see cref="OAuthClientOptions.SignInLifetime"/> has passed. The check is made
    /// at each request, mostly in memory, for the principals of <see cref="BrowserAuthorizationResult.User"/> and
    /// <see cref="Grant.ToClaimsPrincipal"/>; cookies of other users are left alone.
    /// </summary>
    /// <remarks>
    /// It may be called before or after <c>AddCookie</c>, and does not depend on the cookie's <c>Events</c>, <c>EventsType</c> or
    /// <c>OnValidatePrincipal</c>: these are called first. The host does not start if a scheme cannot be checked. With the grants in
    /// memory only, a restart signs all users out. When the store cannot be reached, its exception is thrown: the request fails, and the
    /// cookie stays.
    /// </remarks>
    /// <param name="builder">The authentication builder, for example of <c>AddAuthentication().AddCookie()</c>.</param>
    /// <param name="schemes">The names of the cookie schemes. Without names, all cookie schemes are checked.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    public static AuthenticationBuilder RejectEndedSignIns(this AuthenticationBuilder builder, params string[] schemes)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(schemes);
        foreach (string scheme in schemes)
            ArgumentException.ThrowIfNullOrEmpty(scheme, nameof(schemes));
        var services = builder.Services;
        services.Configure<RejectEndedSignInsOptions>(o =>
        {
            o.AllSchemes |= schemes.Length == 0;
            o.Schemes.UnionWith(schemes);
        });
        // AddCookie registers the framework's handler each time it is called, so the handlers' provider is replaced and not the handler.
        services.Replace(ServiceDescriptor.Scoped<IAuthenticationHandlerProvider, SignInCookieHandlerProvider>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RejectEndedSignInsCheck>());
        return builder;
    }
}
