using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Provides a request's authentication handlers like the framework's provider, with <see cref="SignInCookieHandler"/> in place of the
/// framework's cookie handler for all schemes, including those that are added later.
/// </summary>
internal sealed class SignInCookieHandlerProvider(IAuthenticationSchemeProvider schemes) : IAuthenticationHandlerProvider
{
    private readonly AuthenticationHandlerProvider others = new(schemes);
    private readonly Dictionary<string, SignInCookieHandler> cookies = new(StringComparer.Ordinal);

    public async Task<IAuthenticationHandler?> GetHandlerAsync(HttpContext context, string authenticationScheme)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (cookies.TryGetValue(authenticationScheme, out var known))
            return known;
        var scheme = await schemes.GetSchemeAsync(authenticationScheme).ConfigureAwait(false);
        if (scheme?.HandlerType != typeof(CookieAuthenticationHandler))
            return await others.GetHandlerAsync(context, authenticationScheme).ConfigureAwait(false);
        var handler = ActivatorUtilities.CreateInstance<SignInCookieHandler>(context.RequestServices);
        await handler.InitializeAsync(scheme, context).ConfigureAwait(false);
        return cookies[authenticationScheme] = handler;
    }
}
