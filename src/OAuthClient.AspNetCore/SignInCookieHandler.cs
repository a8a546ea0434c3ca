using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Extends the framework's cookie handler to reject a principal whose sign-in has ended. The check is not part of the cookie's events,
/// because the application may replace <c>Events</c>, <c>EventsType</c> and <c>OnValidatePrincipal</c> at any time.
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
        // SignOutAsync may be forwarded to another scheme. This call also prevents the renewal of the cookie.
        if (!Response.HasStarted)
            await HandleSignOutAsync(new()).ConfigureAwait(false);
        return AuthenticateResult.Fail("The sign-in at the authorization server has ended.");
    }

    protected override Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (rejected.Value.Includes(Scheme.Name))
        {
            // The application may replace the principal later, but not the properties.
            properties ??= new();
            SignInSession.Write(user, properties);
        }
        return base.HandleSignInAsync(user, properties);
    }
}
