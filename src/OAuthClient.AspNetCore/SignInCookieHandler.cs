using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>
/// The framework's cookie handler, which also rejects a principal whose sign-in has ended. The check is made here and not in the cookie's
/// events, because the application may replace those at any time: <c>Events</c>, <c>EventsType</c> and <c>OnValidatePrincipal</c> stay the
/// application's own, and are called as without it.
/// </summary>
internal sealed class SignInCookieHandler(
    IOptionsMonitor<CookieAuthenticationOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    IOptions<RejectEndedSignInsOptions> rejected
) : CookieAuthenticationHandler(options, logger, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var result = await base.HandleAuthenticateAsync().ConfigureAwait(false);
        if (!result.Succeeded || !rejected.Value.Includes(Scheme.Name))
            return result;
        bool areValid = await SignInSession
            .AreValidAsync(result.Principal, result.Properties, Context.RequestServices, Context.RequestAborted)
            .ConfigureAwait(false);
        if (areValid)
            return result;
        // Not by SignOutAsync, which may be forwarded to another scheme. It also keeps the cookie from being renewed.
        if (!Response.HasStarted)
            await HandleSignOutAsync(new()).ConfigureAwait(false);
        return AuthenticateResult.Fail("The sign-in at the authorization server has ended.");
    }

    protected override Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (rejected.Value.Includes(Scheme.Name))
        {
            // The application may replace the principal later; the properties stay.
            properties ??= new();
            SignInSession.Write(user, properties);
        }
        return base.HandleSignInAsync(user, properties);
    }
}
