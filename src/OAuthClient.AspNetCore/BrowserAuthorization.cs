using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Begins and completes the authorizations and sign-ins of one OAuth client in the user's browser. An encrypted <c>__Host-</c> cookie
/// binds each authorization to the browser that began it (RFC 9700 §4.7).
/// </summary>
/// <remarks>
/// <see cref="BrowserAuthorizationExtensions.AddBrowserAuthorization"/> registers this type as a singleton with the client's name as key,
/// and the unnamed client without a key. It is safe for concurrent use. A method that is called without a token monitors
/// <see cref="HttpContext.RequestAborted"/>. <see cref="BrowserAuthorizationEndpointExtensions.MapBrowserAuthorization"/> maps endpoints
/// that call these methods; call them yourself only where the application needs endpoints of its own. Return the result from a minimal
/// endpoint or from a controller's action; an action that has other results as well is declared as <c>async Task&lt;IActionResult&gt;</c>
/// and returns <c>await BeginAsync(HttpContext)</c>.
/// </remarks>
/// <example>
/// A controller that connects the signed-in user's account. <c>/callback</c> is the path of <c>RedirectUri</c>:
/// <code><![CDATA[
/// using Microsoft.AspNetCore.Authorization;
/// using Microsoft.AspNetCore.Mvc;
/// using OAuthClient;
/// using OAuthClient.AspNetCore;
///
/// var builder = WebApplication.CreateBuilder(args);
/// builder.Services.AddControllersWithViews();
/// builder.Services.AddAuthentication("Cookies").AddCookie("Cookies"); // the application's own login
/// builder.Services.AddOAuthClient("photos", builder.Configuration.GetSection("Photos")).AddBrowserAuthorization();
///
/// var app = builder.Build();
/// app.MapControllers();
/// app.Run();
///
/// [Authorize]
/// public sealed class ConnectionController([FromKeyedServices("photos")] BrowserAuthorization photos) : Controller
/// {
///     [HttpPost("/connect"), ValidateAntiForgeryToken]
///     public ValueTask<BrowserRedirectResult> Connect() => photos.BeginAsync(HttpContext, returnUrl: "/albums");
///
///     [HttpGet("/callback")]
///     public ValueTask<BrowserAuthorizationResult> Callback() => photos.CompleteAsync(HttpContext);
///
///     [HttpPost("/disconnect"), ValidateAntiForgeryToken]
///     public async Task<IActionResult> Disconnect()
///     {
///         await photos.RevokeAsync();
///         return LocalRedirect("/");
///     }
/// }
/// ]]></code>
/// A minimal API that signs users in and out. <c>/callback</c> is the path of <c>RedirectUri</c>, and <c>/signed-out</c> that of
/// <c>PostLogoutRedirectUri</c>:
/// <code><![CDATA[
/// using Microsoft.AspNetCore.Mvc;
/// using OAuthClient;
/// using OAuthClient.AspNetCore;
///
/// var builder = WebApplication.CreateBuilder(args);
/// builder.Services.AddAuthentication("Cookies").AddCookie("Cookies", o => o.LoginPath = "/sign-in").RejectEndedSignIns();
/// builder.Services.AddAuthorization();
/// builder.Services.AddOAuthClient(builder.Configuration.GetSection("OpenId")).AddBrowserAuthorization();
///
/// var app = builder.Build();
/// app.UseAntiforgery();
/// app.MapGet("/sign-in", (HttpContext context, BrowserAuthorization browser, string? returnUrl) =>
///     browser.BeginSignInAsync(context, returnUrl));
/// app.MapGet("/callback", (HttpContext context, BrowserAuthorization browser) => browser.CompleteAsync(context));
/// app.MapPost("/sign-out", (HttpContext context, BrowserAuthorization browser, [FromForm] string? returnUrl) =>
///     browser.BeginSignOutAsync(context, returnUrl));
/// app.MapGet("/signed-out", (HttpContext context, BrowserAuthorization browser) =>
///     Results.LocalRedirect(browser.CompleteSignOut(context)));
/// app.MapGet("/", (HttpContext context) => $"Hello, {context.User.Identity?.Name}").RequireAuthorization();
/// app.Run();
/// ]]></code>
/// </example>
public sealed class BrowserAuthorization
{
    private readonly ICurrentGrantOwner currentOwner;
    private readonly BrowserSignOut signOut;

    internal BrowserAuthorization(
        string name,
        IOAuthClient client,
        OpenIdSignIn signIn,
        BrowserSignOut signOut,
        ICurrentGrantOwner currentOwner,
        PendingAuthorizationCookieStore cookies,
        IOptionsMonitor<OAuthClientOptions> options,
        UncheckedSignInWarning signInWarning,
        SignInUserFactory users
    )
    {
        Name = name;
        Client = client;
        SignIn = signIn;
        this.signOut = signOut;
        this.currentOwner = currentOwner;
        Redirector = new(name, client, signIn, cookies, options, () => CurrentOwner);
        Callbacks = new(client, signIn, cookies, signInWarning, users, () => CurrentOwner);
    }

    internal string Name { get; }

    internal IOAuthClient Client { get; }

    internal OpenIdSignIn SignIn { get; }

    internal AuthorizationRedirector Redirector { get; }

    internal CallbackProcessor Callbacks { get; }

    // A browser acts for a user, never for the client itself.
    internal GrantOwner? CurrentOwner => currentOwner.Find() is { Kind: not GrantOwnerKind.Client } owner ? owner : null;

    /// <summary>Begins an authorization for the signed-in user (RFC 6749 §4.1.1).</summary>
    /// <param name="context">The request's context.</param>
    /// <param name="returnUrl">
    /// The path of this site to redirect to after the callback. The URL of another site, and one of more than 512 characters, is replaced
    /// by the application's root.
    /// </param>
    /// <param name="parameters">The parameters of this authorization request that differ from the client's options.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>
    /// A redirect to the authorization server. The result is 403 if the request's fetch metadata show that it is not a top-level
    /// navigation: its cookie could evict that of a pending authorization.
    /// </returns>
    /// <exception cref="InvalidOperationException">No user is signed in, or the authorization is too large for a cookie.</exception>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server publishes no metadata, or its metadata is not safe to use.</exception>
    public async ValueTask<BrowserRedirectResult> BeginAsync(
        HttpContext context,
        string? returnUrl = null,
        AuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    ) =>
        (await Redirector.RedirectToServerAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false)).ApplyIfDropped(
            context
        );

    /// <summary>
    /// Begins a sign-in by the authorization server (OpenID Connect Core §3.1). The ID Token of the callback names the
    /// user, see <see cref="BrowserAuthorizationResult.User"/>.
    /// </summary>
    /// <param name="context">The request's context.</param>
    /// <param name="returnUrl">The path of this site to redirect to after the callback, as in <c>BeginAsync</c>.</param>
    /// <param name="parameters">The parameters of this authorization request that differ from the client's options.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A redirect to the authorization server, or 403, as from <c>BeginAsync</c>.</returns>
    /// <exception cref="InvalidOperationException">
    /// The scope <c>openid</c> is missing, or the authorization is too large for a cookie.
    /// </exception>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server publishes no metadata, or its metadata is not safe to use.</exception>
    public async ValueTask<BrowserRedirectResult> BeginSignInAsync(
        HttpContext context,
        string? returnUrl = null,
        AuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    ) => (await Redirector.SignInAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false)).ApplyIfDropped(context);

    /// <summary>
    /// Signs the user out: of the application by its default scheme, of this client by ending the session's grants, and of
    /// the authorization server if it has an <c>end_session_endpoint</c> (OpenID Connect RP-Initiated Logout §2). Call it in a POST that
    /// validates an antiforgery token.
    /// </summary>
    /// <param name="context">The request's context.</param>
    /// <param name="returnUrl">The path of this site to redirect to after the logout, as in <c>BeginAsync</c>.</param>
    /// <param name="parameters">The parameters of this logout request that differ from the client's options.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>
    /// A redirect to the authorization server, or to <paramref name="returnUrl"/>; 403 if another site sent the request without a
    /// top-level navigation.
    /// </returns>
    /// <exception cref="ArgumentException">A parameter is reserved.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The query of the endpoint's address contains a parameter of the request. The user is signed out of the application.
    /// </exception>
    /// <exception cref="Exception">
    /// The grant store cannot be reached; the exception is that of the store. The application's cookie is deleted, the grants may remain.
    /// </exception>
    public async ValueTask<BrowserRedirectResult> BeginSignOutAsync(
        HttpContext context,
        string? returnUrl = null,
        LogoutParameters? parameters = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(context);
        return (await SignOutAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false)).ApplyIfDropped(context);
    }

    /// <summary>
    /// Completes a logout in the action or endpoint at <c>PostLogoutRedirectUri</c> (OpenID Connect RP-Initiated Logout §3).
    /// </summary>
    /// <param name="context">The request's context.</param>
    /// <returns>The path of this site that was given when the logout began. It is safe to redirect to.</returns>
    /// <exception cref="OAuthProtocolException">
    /// This browser has no pending logout for the request. The user is signed out nevertheless; show a page that says so.
    /// </exception>
    public string CompleteSignOut(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return signOut.Complete(context);
    }

    /// <summary>
    /// Completes an authorization or sign-in at <c>RedirectUri</c>, which takes GET, and with the response mode
    /// <c>form_post</c> POST without an antiforgery token (RFC 6749 §4.1.2).
    /// </summary>
    /// <param name="context">The request's context.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. It has no effect once the code was sent.
    /// </param>
    /// <returns>
    /// The result. Return it from the endpoint or action to sign the user in and to redirect. ASP.NET Core discards the result of
    /// <c>async (HttpContext context) => await browser.CompleteAsync(context)</c>, because the lambda converts to
    /// <see cref="RequestDelegate"/>, and the user is not signed in. Write it without <c>async</c> and <c>await</c>.
    /// </returns>
    /// <exception cref="AuthorizationResponseException">The server responded with an error other than <c>access_denied</c>.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The callback does not belong to a pending authorization of this browser and user, or is invalid.
    /// </exception>
    /// <exception cref="TokenEndpointException">The server rejected the code.</exception>
    /// <exception cref="InvalidOperationException">
    /// Another site posted the callback (<c>form_post</c>) of a signed-in user's authorization, so the browser did not send the
    /// application's session cookie. Use <see cref="BrowserAuthorizationEndpointExtensions.MapBrowserAuthorization"/>.
    /// </exception>
    public async ValueTask<BrowserAuthorizationResult> CompleteAsync(HttpContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken = OrRequestAborted(context, cancellationToken);
        var callback = await Callbacks.ReadAsync(context, cancellationToken).ConfigureAwait(false);
        if (callback is { NeedsRepost: true, IsUserKnown: false, Problem: { } cause })
        {
            throw new InvalidOperationException(
                $"{cause} Only an endpoint of the library can post the form again from this site. "
                    + $"Map the callback with app.MapBrowserAuthorization(\"{Name}\") in place of this endpoint."
            );
        }
        if (callback.Pending is { } pending)
            PendingAuthorizationCookieStore.RemoveAtResponse(context, pending);
        return callback.Problem is { } problem
            ? throw new OAuthProtocolException(problem)
            : await Callbacks.CompleteAsync(callback, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds the newest grant of the signed-in user. The server may have ended it; only a request shows that.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The grant; <see langword="null"/> if there is none, or if no user is signed in.</returns>
    public async ValueTask<Grant?> FindGrantAsync(CancellationToken cancellationToken = default) =>
        CurrentOwner is { } owner ? await Client.FindGrantAsync(owner, cancellationToken).ConfigureAwait(false) : null;

    /// <summary>
    /// Deletes all grants of the signed-in user, then revokes their tokens at the server (RFC 7009). Does nothing if no user is signed in.
    /// </summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that represents the operation.</returns>
    /// <exception cref="EndpointException">The server refused to revoke a token. The grants are deleted nevertheless.</exception>
    public Task RevokeAsync(CancellationToken cancellationToken = default) =>
        CurrentOwner is { } owner ? Client.RevokeAsync(owner, cancellationToken) : Task.CompletedTask;

    internal Task<BrowserRedirectResult> SignOutAsync(
        HttpContext context,
        string? returnUrl,
        LogoutParameters? parameters,
        CancellationToken cancellationToken
    ) => signOut.BeginAsync(context, CurrentOwner, returnUrl, parameters, OrRequestAborted(context, cancellationToken));

    private static CancellationToken OrRequestAborted(HttpContext context, CancellationToken given) =>
        given.CanBeCanceled ? given : context.RequestAborted;
}
