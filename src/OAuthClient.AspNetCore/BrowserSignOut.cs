using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>Begins and completes the logouts of one client's users in their browsers (OpenID Connect RP-Initiated Logout).</summary>
internal sealed class BrowserSignOut(string clientName, OpenIdLogout logout, PendingLogoutCookie cookie)
{
    public async Task<BrowserRedirectResult> BeginAsync(
        HttpContext context,
        GrantOwner? owner,
        string? returnUrl,
        LogoutParameters? parameters,
        CancellationToken cancellationToken
    )
    {
        NoStoreHeaders.Declare(context);
        // Logout CSRF: an image or frame of another site must not end a session. A script of this site may.
        if (!TopLevelNavigation.Matches(context.Request) && !TopLevelNavigation.IsSameOrigin(context.Request))
            return BrowserRedirectResult.NotANavigation;
        string path = LocalReturnUrl.OrRoot(returnUrl, context.Request);
        var session = SignInSession.Find(context.User, clientName);
        await ApplicationSignOut.EndAsync(context).ConfigureAwait(false);
        if (owner is null)
            return BrowserRedirectResult.SeeOther(path);
        PendingLogout pending;
        try
        {
            pending = await logout.BeginAsync(owner, WithSession(parameters, session), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // The user is signed out of the application even if ending the grants failed.
            ApplicationSignOut.EndAtResponse(context);
            throw;
        }
        if (pending.EndSessionUri is not { } endSession)
            return BrowserRedirectResult.SeeOther(path);
        if (pending.ExpectsRedirect)
            cookie.Add(context, pending, path);
        return BrowserRedirectResult.SeeOther(endSession);
    }

    public string Complete(HttpContext context)
    {
        NoStoreHeaders.Declare(context);
        var response = AuthorizationResponse.Parse(context.Request.QueryString.Value ?? "");
        var (pending, returnUrl) =
            cookie.Find(context)
            ?? throw new OAuthProtocolException(
                "This browser has no pending logout for the request (OpenID Connect RP-Initiated Logout §3). The logout was already "
                    + "completed (Back, reload) or has expired, or the browser stores no cookies."
            );
        logout.Complete(pending, response);
        // Only a valid request removes the cookie, so that a forged one cannot.
        PendingLogoutCookie.RemoveAtResponse(context);
        return returnUrl;
    }

    private static LogoutParameters? WithSession(LogoutParameters? parameters, SignInSession? session) =>
        session is null || parameters?.SessionId is not null || parameters?.SignInId is not null
            ? parameters
            : new()
            {
                SessionId = session.SessionId,
                SignInId = session.SignInId,
                LogoutHint = parameters?.LogoutHint,
                UiLocales = parameters?.UiLocales,
                OmitState = parameters?.OmitState == true,
                Additional = parameters?.Additional ?? new Dictionary<string, string>(StringComparer.Ordinal),
            };
}
