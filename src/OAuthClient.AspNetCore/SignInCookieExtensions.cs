using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace OAuthClient.AspNetCore;

/// <summary>Provides an extension method that rejects the cookies of sign-ins that have ended.</summary>
public static class SignInCookieExtensions
{
    /// <summary>
    /// Rejects and deletes the cookie of a user who signed in by an OAuth client once that sign-in has ended. A sign-in ends when the user
    /// signs out at the server, or in this application on any node, when the grants are revoked, when the tenant is removed from
    /// <see cref="OAuthClientOptions.AllowedTenants"/>, or when <see cref="OAuthClientOptions.SignInLifetime"/> has passed.
    /// </summary>
    /// <remarks>
    /// The check runs at each request, usually in memory, for the principals of <see cref="BrowserAuthorizationResult.User"/> and
    /// <see cref="Grant.ToClaimsPrincipal"/>. Cookies of other users are not checked. Call this method before or after <c>AddCookie</c>.
    /// The cookie's <c>Events</c>, <c>EventsType</c> and <c>OnValidatePrincipal</c> are called before the check and may be replaced. The
    /// host does not start if a scheme cannot be checked. With an in-memory grant store, a restart signs all users out. If the grant store
    /// cannot be reached, its exception is thrown: the request fails, and the cookie is not deleted.
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
        // Each call of AddCookie registers the framework's handler, so the handler provider is replaced and not the handler.
        services.Replace(ServiceDescriptor.Scoped<IAuthenticationHandlerProvider, SignInCookieHandlerProvider>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RejectEndedSignInsCheck>());
        return builder;
    }
}
