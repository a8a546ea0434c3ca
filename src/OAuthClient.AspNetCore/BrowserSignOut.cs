using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>One client's users sign out in their browsers: here, at the server, and back (OpenID Connect RP-Initiated Logout).</summary>
internal sealed class BrowserSignOut(string clientName, OpenIdLogout logout, PendingLogoutCookie cookie)
{
    public async Task<SeeOtherResult> BeginAsync(
        HttpContext context,
        GrantOwner? owner,
        string? returnUrl,
        LogoutParameters? parameters,
        CancellationToken cancellationToken
    )
    {
        NoStoreHeaders.Declare(context);
        // Logout CSRF: another site must not end a session by an image or a frame. A script of this site may.
        if (!TopLevelNavigation.Matches(context.Request) && !TopLevelNavigation.IsSameOrigin(context.Request))
            return SeeOtherResult.NotANavigation;
        string path = LocalReturnUrl.OrRoot(returnUrl, context.Request);
        var session = SignInSession.Find(context.User, clientName);
        await ApplicationSignOut.EndAsync(context).ConfigureAwait(false);
        if (owner is null)
            return SeeOtherResult.SeeOther(path);
        PendingLogout pending;
        try
        {
            pending = await logout.BeginAsync(owner, OfSession(parameters, session), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Whoever wanted to leave has left this browser, whatever keeps the rest from ending.
            ApplicationSignOut.EndAtResponse(context);
            throw;
        }
        if (pending.EndSessionUri is not { } endSession)
            return SeeOtherResult.SeeOther(path);
        if (pending.ExpectsRedirect)
            cookie.Add(context, pending, path);
        return SeeOtherResult.SeeOther(endSession);
    }

    public string Complete(HttpContext context)
    {
        NoStoreHeaders.Declare(context);
        var response = AuthorizationResponse.Parse(context.Request.QueryString.Value ?? "");
        var (pending, returnUrl) =
            cookie.Find(context)
            ?? throw new OAuthProtocolException(
                "No logout that was begun in this browser waits for this return: it was used before (Back, reload), it is too old, or the browser kept no cookie."
            );
        logout.Complete(pending, response);
        // A forged return must not use up the true one.
        PendingLogoutCookie.RemoveAtResponse(context);
        return returnUrl;
    }

    private static LogoutParameters? OfSession(LogoutParameters? parameters, SignInSession? session) =>
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
