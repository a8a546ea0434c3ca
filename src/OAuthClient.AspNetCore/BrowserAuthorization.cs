using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>
/// One OAuth client's authorizations in a browser: begun in one request, completed in the callback, and bound to that
/// browser in between by an encrypted <c>__Host-</c> cookie (RFC 9700 §4.7). Registered by <c>AddBrowserAuthorization</c> as a
/// keyed service of the client's name. Safe for use by many requests at once.
/// </summary>
public sealed class BrowserAuthorization
{
    private readonly string name;
    private readonly ICurrentGrantOwner currentOwner;
    private readonly PendingCookies cookies;
    private readonly IOptionsMonitor<OAuthClientOptions> options;

    private readonly BrowserSignOut signOut;

    internal BrowserAuthorization(
        string name, IOAuthClient client, OpenIdSignIn signIn, BrowserSignOut signOut, ICurrentGrantOwner currentOwner, PendingCookies cookies,
        IOptionsMonitor<OAuthClientOptions> options)
    {
        SignIn = signIn;
        this.signOut = signOut;
        this.name = name;
        Client = client;
        this.currentOwner = currentOwner;
        this.cookies = cookies;
        this.options = options;
    }

    internal IOAuthClient Client { get; }

    internal OpenIdSignIn SignIn { get; }

    internal string Name => name;

    // The client itself has no browser.
    internal GrantOwner? CurrentOwner => currentOwner.Find() is { Kind: not GrantOwnerKind.Client } owner ? owner : null;

    /// <summary>Begins an authorization for the signed-in user: the result, returned from the action, sends the browser to the authorization server.</summary>
    /// <param name="controller">The controller; write <c>this</c>.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What this one request asks beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting for the server's metadata; the request's own end, unless given.</param>
    /// <exception cref="InvalidOperationException">Nobody is signed in, or the authorization does not fit into a cookie.</exception>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server's metadata cannot be had, or is not safe to use.</exception>
    public async Task<IActionResult> BeginAsync(
        ControllerBase controller, string? returnUrl = null, AuthorizationParameters? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(controller);
        return await SendAwayAsync(controller.HttpContext, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins an authorization for the signed-in user: the result, returned from the endpoint, sends the browser to the authorization server.</summary>
    /// <param name="context">The request's context.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What this one request asks beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting for the server's metadata; the request's own end, unless given.</param>
    /// <exception cref="InvalidOperationException">Nobody is signed in, or the authorization does not fit into a cookie.</exception>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server's metadata cannot be had, or is not safe to use.</exception>
    public async Task<IResult> BeginAsync(
        HttpContext context, string? returnUrl = null, AuthorizationParameters? parameters = null, CancellationToken cancellationToken = default) =>
        await SendAwayAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Begins a login of a user whom the application need not know: who they are is the server's word (OpenID Connect Core §3.1). The result,
    /// returned from the action, sends the browser to the authorization server; the callback is the same, and its <see cref="BrowserAuthorizationResult.User"/> is who signed in.
    /// </summary>
    /// <param name="controller">The controller; write <c>this</c>.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What this one request asks beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting for the server's metadata; the request's own end, unless given.</param>
    /// <exception cref="InvalidOperationException">The scope <c>openid</c> is missing, or the authorization does not fit into a cookie.</exception>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server's metadata cannot be had, or is not safe to use.</exception>
    public async Task<IActionResult> BeginSignInAsync(
        ControllerBase controller, string? returnUrl = null, AuthorizationParameters? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(controller);
        return await SignInAsync(controller.HttpContext, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Begins a login of a user whom the application need not know: who they are is the server's word (OpenID Connect Core §3.1). The result,
    /// returned from the endpoint, sends the browser to the authorization server; the callback is the same, and its <see cref="BrowserAuthorizationResult.User"/> is who signed in.
    /// </summary>
    /// <param name="context">The request's context.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What this one request asks beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting for the server's metadata; the request's own end, unless given.</param>
    /// <exception cref="InvalidOperationException">The scope <c>openid</c> is missing, or the authorization does not fit into a cookie.</exception>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server's metadata cannot be had, or is not safe to use.</exception>
    public async Task<IResult> BeginSignInAsync(
        HttpContext context, string? returnUrl = null, AuthorizationParameters? parameters = null, CancellationToken cancellationToken = default) =>
        await SignInAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Signs the user out: of the application (its default scheme), of this client (the session's grants end), and by the result, returned from the
    /// action, of the server (OpenID Connect RP-Initiated Logout §2), where it has an <c>end_session_endpoint</c>. Begin it by a POST with an antiforgery token.
    /// </summary>
    /// <param name="controller">The controller; write <c>this</c>.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What is asked beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting; the request's own end, unless given.</param>
    /// <exception cref="ArgumentException">A parameter is reserved.</exception>
    /// <exception cref="ProtocolViolationException">The endpoint's own query collides with the request; the user is signed out here.</exception>
    /// <exception cref="Exception">Whatever the store of grants throws when it cannot be reached: the application's cookie is gone all the same, the grants may live on.</exception>
    public async Task<IActionResult> BeginSignOutAsync(
        ControllerBase controller, string? returnUrl = null, LogoutParameters? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(controller);
        return await signOut.BeginAsync(controller.HttpContext, CurrentOwner, returnUrl, parameters, OrEndOf(controller.HttpContext, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>
    /// Signs the user out: of the application (its default scheme), of this client (the session's grants end), and by the result, returned from the
    /// endpoint, of the server (OpenID Connect RP-Initiated Logout §2), where it has an <c>end_session_endpoint</c>. Begin it by a POST with an antiforgery token.
    /// </summary>
    /// <param name="context">The request's context.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What is asked beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting; the request's own end, unless given.</param>
    /// <exception cref="ArgumentException">A parameter is reserved.</exception>
    /// <exception cref="ProtocolViolationException">The endpoint's own query collides with the request; the user is signed out here.</exception>
    /// <exception cref="Exception">Whatever the store of grants throws when it cannot be reached: the application's cookie is gone all the same, the grants may live on.</exception>
    public async Task<IResult> BeginSignOutAsync(
        HttpContext context, string? returnUrl = null, LogoutParameters? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return await signOut.BeginAsync(context, CurrentOwner, returnUrl, parameters, OrEndOf(context, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Completes a logout in the action or endpoint of <c>PostLogoutRedirectUri</c>: the browser is back from the server (OpenID Connect RP-Initiated Logout §3).</summary>
    /// <param name="context">The request's context.</param>
    /// <returns>Where the user wanted to be: always a path of this site, safe to redirect to.</returns>
    /// <exception cref="ProtocolViolationException">No logout of this browser waits for it. The user is signed out all the same: show them a page that says so.</exception>
    public string CompleteSignOut(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return signOut.Complete(context);
    }

    /// <summary>Completes an authorization in the action of the redirect URI: by GET, or by POST with <c>form_post</c> (then without antiforgery token).</summary>
    /// <param name="controller">The controller; write <c>this</c>.</param>
    /// <param name="cancellationToken">Stops waiting, until the code is sent; the request's own end, unless given.</param>
    /// <exception cref="AuthorizationResponseException">The server answered with an error other than <c>access_denied</c>.</exception>
    /// <exception cref="ProtocolViolationException">The callback belongs to no authorization of this browser and user, or is not to be believed.</exception>
    /// <exception cref="TokenEndpointException">The server did not take the code.</exception>
    public Task<BrowserAuthorizationResult> CompleteAsync(ControllerBase controller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(controller);
        return CompleteAsync(controller.HttpContext, cancellationToken);
    }

    /// <summary>Completes an authorization in the endpoint of the redirect URI: by GET, or by POST with <c>form_post</c> (then without antiforgery token).</summary>
    /// <param name="context">The request's context.</param>
    /// <param name="cancellationToken">Stops waiting, until the code is sent; the request's own end, unless given.</param>
    /// <exception cref="AuthorizationResponseException">The server answered with an error other than <c>access_denied</c>.</exception>
    /// <exception cref="ProtocolViolationException">The callback belongs to no authorization of this browser and user, or is not to be believed.</exception>
    /// <exception cref="TokenEndpointException">The server did not take the code.</exception>
    public async Task<BrowserAuthorizationResult> CompleteAsync(HttpContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken = OrEndOf(context, cancellationToken);
        PrivateResponse.Declare(context);
        var response = await Callback.ReadAsync(context.Request, cancellationToken).ConfigureAwait(false);
        var cookie = cookies.Find(context, response) ?? throw new ProtocolViolationException(
            "No authorization that was begun in this browser waits for this callback (RFC 6749 §10.12). It was used before (Back, reload), it is too old, it was begun in another browser "
            + "or under another host name (localhost is not 127.0.0.1), or the browser kept no cookie: it must allow cookies, and the site must be on https (on this machine, http on loopback does).");
        PendingCookies.RemoveAtResponse(context, cookie);
        RequireOwner(cookie, context.Request);
        try
        {
            if (cookie.Owner is { } owner)
                return new BrowserAuthorizationResult(cookie.ReturnUrl, await Client.CompleteAuthorizationAsync(cookie.Authorization, response, owner, cancellationToken).ConfigureAwait(false));
            var grant = await SignIn.CompleteAsync(cookie.Authorization, response, cancellationToken).ConfigureAwait(false);
            return new BrowserAuthorizationResult(cookie.ReturnUrl, grant, SignedInSession.Create(grant));
        }
        catch (AuthorizationResponseException exception) when (exception.IsAccessDenied)
        {
            return new BrowserAuthorizationResult(cookie.ReturnUrl, grant: null);
        }
    }

    /// <summary>The signed-in user's newest grant, or <see langword="null"/> when there is none, or nobody is signed in. It may be over: only its use tells.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async ValueTask<Grant?> FindGrantAsync(CancellationToken cancellationToken = default) =>
        CurrentOwner is { } owner ? await Client.FindGrantAsync(owner, cancellationToken).ConfigureAwait(false) : null;

    /// <summary>Ends all the signed-in user's grants: forgotten here first, then revoked at the server (RFC 7009). Does nothing when nobody is signed in.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EndpointException">The server did not take them back; here they are forgotten all the same.</exception>
    public Task RevokeAsync(CancellationToken cancellationToken = default) =>
        CurrentOwner is { } owner ? Client.RevokeAsync(owner, cancellationToken) : Task.CompletedTask;

    internal async Task<FrontChannelResult> SendAwayAsync(
        HttpContext context, string? returnUrl, AuthorizationParameters? parameters, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var owner = CurrentOwner ?? throw new InvalidOperationException(
            "Nobody is signed in, so there is no user whose grant this would become. Require a signed-in user before BeginAsync, for example with [Authorize] or RequireAuthorization().");
        return await SendAwayAsync(context, owner, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
    }

    internal Task<FrontChannelResult> SignInAsync(HttpContext context, string? returnUrl, AuthorizationParameters? parameters, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        IEnumerable<string> scopes = parameters?.Scopes is { } chosen ? chosen : options.Get(name).Scopes;
        return scopes.Contains("openid", StringComparer.Ordinal)
            ? SendAwayAsync(context, owner: null, returnUrl, parameters, cancellationToken)
            : throw new InvalidOperationException("Without the scope openid the server does not say who signs in; add openid to Scopes.");
    }

    private async Task<FrontChannelResult> SendAwayAsync(
        HttpContext context, GrantOwner? owner, string? returnUrl, AuthorizationParameters? parameters, CancellationToken cancellationToken)
    {
        PrivateResponse.Declare(context);
        var pending = await Client.BeginAuthorizationAsync(parameters, OrEndOf(context, cancellationToken)).ConfigureAwait(false);
        bool isFormPost = string.Equals(options.Get(name).ResponseMode, "form_post", StringComparison.Ordinal);
        cookies.Add(context, pending, owner, LocalPath.OrRoot(returnUrl, context.Request), isFormPost ? SameSiteMode.None : SameSiteMode.Lax);
        return FrontChannelResult.SeeOther(pending.AuthorizationUri);
    }

    private void RequireOwner(PendingCookie cookie, HttpRequest request)
    {
        // Whoever signs in by it is who the server says.
        if (cookie.Owner is null)
            return;
        var owner = CurrentOwner;
        // A form posted by another site comes without the application's own Lax cookie; the pending one came, and knows the user.
        if (owner is null && HttpMethods.IsPost(request.Method))
            return;
        if (owner is null)
        {
            throw new ProtocolViolationException(
                "The user who began this authorization is not signed in any more. Sign in and begin again; if it is always so, the sign-in cookie may be SameSite=Strict, "
                + "which does not come along on the way back from another site: make it Lax.");
        }
        if (!owner.Equals(cookie.Owner))
            throw new ProtocolViolationException("Another user is signed in than the one who began this authorization; it was not completed for either (RFC 9700 §4.7). Begin again.");
    }

    private static CancellationToken OrEndOf(HttpContext context, CancellationToken given) => given.CanBeCanceled ? given : context.RequestAborted;
}
