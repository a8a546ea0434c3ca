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
    private readonly PendingAuthorizationCookies cookies;
    private readonly IOptionsMonitor<OAuthClientOptions> options;
    private readonly CallbackProcessor callbacks;
    private readonly BrowserSignOut signOut;

    internal BrowserAuthorization(
        string name,
        IOAuthClient client,
        OpenIdSignIn signIn,
        BrowserSignOut signOut,
        ICurrentGrantOwner currentOwner,
        PendingAuthorizationCookies cookies,
        IOptionsMonitor<OAuthClientOptions> options,
        UncheckedSignInWarning signInWarning
    )
    {
        SignIn = signIn;
        this.signOut = signOut;
        this.name = name;
        Client = client;
        this.currentOwner = currentOwner;
        this.cookies = cookies;
        this.options = options;
        callbacks = new(client, signIn, cookies, signInWarning, () => CurrentOwner);
    }

    internal IOAuthClient Client { get; }

    internal OpenIdSignIn SignIn { get; }

    internal string Name => name;

    internal CallbackProcessor Callbacks => callbacks;

    // The client itself has no browser.
    internal GrantOwner? CurrentOwner => currentOwner.Find() is { Kind: not GrantOwnerKind.Client } owner ? owner : null;

    /// <summary>Begins an authorization for the signed-in user: the result, returned from the action, sends the browser to the authorization server.</summary>
    /// <param name="controller">The controller; write <c>this</c>.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What this one request asks beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting for the server's metadata; the request's own end, unless given.</param>
    /// <returns>
    /// The redirect to the authorization server. A request that is no top-level navigation, as its fetch metadata tell, is answered with
    /// 403 and gets no cookie: it would evict an authorization that waits.
    /// </returns>
    /// <exception cref="InvalidOperationException">Nobody is signed in, or the authorization does not fit into a cookie.</exception>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server's metadata cannot be fetched, or is not safe to use.</exception>
    public async Task<IActionResult> BeginAsync(
        ControllerBase controller,
        string? returnUrl = null,
        AuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(controller);
        var result = await RedirectToServerAsync(controller.HttpContext, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
        return result.ApplyIfDropped(controller.HttpContext);
    }

    /// <summary>Begins an authorization for the signed-in user: the result, returned from the endpoint, sends the browser to the authorization server.</summary>
    /// <param name="context">The request's context.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What this one request asks beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting for the server's metadata; the request's own end, unless given.</param>
    /// <returns>
    /// The redirect to the authorization server. A request that is no top-level navigation, as its fetch metadata tell, is answered with
    /// 403 and gets no cookie: it would evict an authorization that waits.
    /// </returns>
    /// <exception cref="InvalidOperationException">Nobody is signed in, or the authorization does not fit into a cookie.</exception>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server's metadata cannot be fetched, or is not safe to use.</exception>
    public async ValueTask<IResult> BeginAsync(
        HttpContext context,
        string? returnUrl = null,
        AuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    ) => (await RedirectToServerAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false)).ApplyIfDropped(context);

    /// <summary>
    /// Begins a login of a user whom the application need not know: who they are is the server's word (OpenID Connect Core §3.1). The result,
    /// returned from the action, sends the browser to the authorization server; the callback is the same, and its <see cref="BrowserAuthorizationResult.User"/> is who signed in.
    /// </summary>
    /// <param name="controller">The controller; write <c>this</c>.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What this one request asks beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting for the server's metadata; the request's own end, unless given.</param>
    /// <returns>
    /// The redirect to the authorization server. A request that is no top-level navigation, as its fetch metadata tell, is answered with
    /// 403 and gets no cookie: it would evict an authorization that waits.
    /// </returns>
    /// <exception cref="InvalidOperationException">The scope <c>openid</c> is missing, or the authorization does not fit into a cookie.</exception>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server's metadata cannot be fetched, or is not safe to use.</exception>
    public async Task<IActionResult> BeginSignInAsync(
        ControllerBase controller,
        string? returnUrl = null,
        AuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(controller);
        var result = await SignInAsync(controller.HttpContext, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
        return result.ApplyIfDropped(controller.HttpContext);
    }

    /// <summary>
    /// Begins a login of a user whom the application need not know: who they are is the server's word (OpenID Connect Core §3.1). The result,
    /// returned from the endpoint, sends the browser to the authorization server; the callback is the same, and its <see cref="BrowserAuthorizationResult.User"/> is who signed in.
    /// </summary>
    /// <param name="context">The request's context.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What this one request asks beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting for the server's metadata; the request's own end, unless given.</param>
    /// <returns>
    /// The redirect to the authorization server. A request that is no top-level navigation, as its fetch metadata tell, is answered with
    /// 403 and gets no cookie: it would evict an authorization that waits.
    /// </returns>
    /// <exception cref="InvalidOperationException">The scope <c>openid</c> is missing, or the authorization does not fit into a cookie.</exception>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server's metadata cannot be fetched, or is not safe to use.</exception>
    public async ValueTask<IResult> BeginSignInAsync(
        HttpContext context,
        string? returnUrl = null,
        AuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    ) => (await SignInAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false)).ApplyIfDropped(context);

    /// <summary>
    /// Signs the user out: of the application (its default scheme), of this client (the session's grants end), and by the result, returned from the
    /// action, of the server (OpenID Connect RP-Initiated Logout §2), where it has an <c>end_session_endpoint</c>. Begin it by a POST with an antiforgery token.
    /// </summary>
    /// <param name="controller">The controller; write <c>this</c>.</param>
    /// <param name="returnUrl">Where the user wants to be afterwards. Anything but a path of this site, or one of over 512 characters, counts as none.</param>
    /// <param name="parameters">What is asked beyond the registration.</param>
    /// <param name="cancellationToken">Stops waiting; the request's own end, unless given.</param>
    /// <exception cref="ArgumentException">A parameter is reserved.</exception>
    /// <exception cref="OAuthProtocolException">The endpoint's own query collides with the request; the user is signed out here.</exception>
    /// <exception cref="Exception">Whatever the store of grants throws when it cannot be reached: the application's cookie is gone all the same, the grants may live on.</exception>
    public async Task<IActionResult> BeginSignOutAsync(
        ControllerBase controller,
        string? returnUrl = null,
        LogoutParameters? parameters = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(controller);
        var result = await SignOutAsync(controller.HttpContext, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
        return result.ApplyIfDropped(controller.HttpContext);
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
    /// <exception cref="OAuthProtocolException">The endpoint's own query collides with the request; the user is signed out here.</exception>
    /// <exception cref="Exception">Whatever the store of grants throws when it cannot be reached: the application's cookie is gone all the same, the grants may live on.</exception>
    public async ValueTask<IResult> BeginSignOutAsync(
        HttpContext context,
        string? returnUrl = null,
        LogoutParameters? parameters = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(context);
        return (await SignOutAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false)).ApplyIfDropped(context);
    }

    /// <summary>Completes a logout in the action or endpoint of <c>PostLogoutRedirectUri</c>: the browser is back from the server (OpenID Connect RP-Initiated Logout §3).</summary>
    /// <param name="context">The request's context.</param>
    /// <returns>Where the user wanted to be: always a path of this site, safe to redirect to.</returns>
    /// <exception cref="OAuthProtocolException">No logout of this browser waits for it. The user is signed out all the same: show them a page that says so.</exception>
    public string CompleteSignOut(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return signOut.Complete(context);
    }

    /// <summary>Completes an authorization in the action of the redirect URI: by GET, or by POST with <c>form_post</c> (then without antiforgery token).</summary>
    /// <param name="controller">The controller; write <c>this</c>.</param>
    /// <param name="cancellationToken">Stops waiting, until the code is sent; the request's own end, unless given.</param>
    /// <exception cref="AuthorizationResponseException">The server answered with an error other than <c>access_denied</c>.</exception>
    /// <exception cref="OAuthProtocolException">The callback belongs to no authorization of this browser and user, or is not to be believed.</exception>
    /// <exception cref="TokenEndpointException">The server did not take the code.</exception>
    /// <exception cref="InvalidOperationException">
    /// A user began the authorization, and another site posted the callback (<c>form_post</c>), so the application's session cookie did
    /// not come along: use <see cref="BrowserAuthorizationEndpointExtensions.MapBrowserAuthorization"/>.
    /// </exception>
    public Task<BrowserAuthorizationResult> CompleteAsync(ControllerBase controller, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(controller);
        return CompleteAsync(controller.HttpContext, cancellationToken).AsTask();
    }

    /// <summary>Completes an authorization in the endpoint of the redirect URI: by GET, or by POST with <c>form_post</c> (then without antiforgery token).</summary>
    /// <param name="context">The request's context.</param>
    /// <param name="cancellationToken">Stops waiting, until the code is sent; the request's own end, unless given.</param>
    /// <exception cref="AuthorizationResponseException">The server answered with an error other than <c>access_denied</c>.</exception>
    /// <exception cref="OAuthProtocolException">The callback belongs to no authorization of this browser and user, or is not to be believed.</exception>
    /// <exception cref="TokenEndpointException">The server did not take the code.</exception>
    /// <exception cref="InvalidOperationException">
    /// A user began the authorization, and another site posted the callback (<c>form_post</c>), so the application's session cookie did
    /// not come along: use <see cref="BrowserAuthorizationEndpointExtensions.MapBrowserAuthorization"/>.
    /// </exception>
    public async ValueTask<BrowserAuthorizationResult> CompleteAsync(HttpContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken = OrEndOf(context, cancellationToken);
        var callback = await callbacks.ReadAsync(context, cancellationToken).ConfigureAwait(false);
        if (callback is { NeedsRepost: true, IsUserKnown: false, Problem: { } cause })
        {
            throw new InvalidOperationException(
                $"{cause} Only an endpoint of the library can post the form once more from this site: "
                    + $"map the callback by app.MapBrowserAuthorization(\"{name}\") in place of this endpoint."
            );
        }
        if (callback.Pending is { } pending)
            PendingAuthorizationCookies.RemoveAtResponse(context, pending);
        return callback.Problem is { } problem
            ? throw new OAuthProtocolException(problem)
            : await callbacks.CompleteAsync(callback, cancellationToken).ConfigureAwait(false);
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

    internal async Task<SeeOtherResult> RedirectToServerAsync(
        HttpContext context,
        string? returnUrl,
        AuthorizationParameters? parameters,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(context);
        var owner =
            CurrentOwner
            ?? throw new InvalidOperationException(
                "Nobody is signed in, so there is no user whose grant this would become. Require a signed-in user before BeginAsync, for example with [Authorize] or RequireAuthorization()."
            );
        return await RedirectToServerAsync(context, owner, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
    }

    internal Task<SeeOtherResult> SignInAsync(
        HttpContext context,
        string? returnUrl,
        AuthorizationParameters? parameters,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(context);
        IEnumerable<string> scopes = parameters?.Scopes is { } chosen ? chosen : options.Get(name).Scopes;
        return scopes.Contains("openid", StringComparer.Ordinal)
            ? RedirectToServerAsync(context, owner: null, returnUrl, parameters, cancellationToken)
            : throw new InvalidOperationException("Without the scope openid the server does not say who signs in; add openid to Scopes.");
    }

    internal Task<SeeOtherResult> SignOutAsync(
        HttpContext context,
        string? returnUrl,
        LogoutParameters? parameters,
        CancellationToken cancellationToken
    ) => signOut.BeginAsync(context, CurrentOwner, returnUrl, parameters, OrEndOf(context, cancellationToken));

    private async Task<SeeOtherResult> RedirectToServerAsync(
        HttpContext context,
        GrantOwner? owner,
        string? returnUrl,
        AuthorizationParameters? parameters,
        CancellationToken cancellationToken
    )
    {
        NoStoreHeaders.Declare(context);
        // State flooding: what another site loads without a navigation must not evict an authorization that waits.
        if (!TopLevelNavigation.Matches(context.Request))
            return SeeOtherResult.NotANavigation;
        // The cookie says by which client the user signed in, also when their grants are gone by the time they are back.
        bool renewsSignIn = owner is not null && SignInSession.Find(context.User, name)?.Owner == owner;
        var pending = renewsSignIn
            ? await SignIn.BeginRenewalAsync(parameters, OrEndOf(context, cancellationToken)).ConfigureAwait(false)
            : await Client.BeginAuthorizationAsync(parameters, OrEndOf(context, cancellationToken)).ConfigureAwait(false);
        bool isFormPost = string.Equals(options.Get(name).ResponseMode, "form_post", StringComparison.Ordinal);
        cookies.Add(
            context,
            pending,
            owner,
            LocalReturnUrl.OrRoot(returnUrl, context.Request),
            isFormPost ? SameSiteMode.None : SameSiteMode.Lax
        );
        return SeeOtherResult.SeeOther(pending.AuthorizationUri);
    }

    private static CancellationToken OrEndOf(HttpContext context, CancellationToken given) =>
        given.CanBeCanceled ? given : context.RequestAborted;
}
