using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Begins one client's authorizations: adds the cookie of the pending authorization and redirects to the server.</summary>
internal sealed class AuthorizationRedirector(
    string name,
    IOAuthClient client,
    OpenIdSignIn signIn,
    PendingAuthorizationCookieStore cookies,
    IOptionsMonitor<OAuthClientOptions> options,
    Func<GrantOwner?> findOwner
)
{
    /// <param name="context">The request's context.</param>
    /// <param name="returnUrl">The path of this site to redirect to after the callback.</param>
    /// <param name="parameters">
    /// The parameters of this request; <see langword="null"/> for those that were given for the user's present grant.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <exception cref="InvalidOperationException">No user is signed in.</exception>
    public async Task<BrowserRedirectResult> RedirectToServerAsync(
        HttpContext context,
        string? returnUrl,
        AuthorizationParameters? parameters,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(context);
        var owner =
            findOwner()
            ?? throw new InvalidOperationException(
                "No user is signed in, so the grant would have no owner. Require a signed-in user before BeginAsync, for example with "
                    + "[Authorize] or RequireAuthorization()."
            );
        parameters ??= AuthorizationParameters.ForReauthorization(
            await client.FindGrantAsync(owner, cancellationToken).ConfigureAwait(false)
        );
        return await AuthorizeAsync(context, owner, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="InvalidOperationException">The scope <c>openid</c> is missing.</exception>
    public Task<BrowserRedirectResult> SignInAsync(
        HttpContext context,
        string? returnUrl,
        AuthorizationParameters? parameters,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(context);
        IEnumerable<string> scopes = parameters?.Scopes is { } chosen ? chosen : options.Get(name).Scopes;
        return scopes.Contains("openid", StringComparer.Ordinal)
            ? AuthorizeAsync(context, owner: null, returnUrl, parameters, cancellationToken)
            : throw new InvalidOperationException(
                "Sign-in requires the scope openid, without which the server issues no ID Token. Add openid to Scopes."
            );
    }

    // Without an owner, the ID Token of the callback names it.
    private async Task<BrowserRedirectResult> AuthorizeAsync(
        HttpContext context,
        GrantOwner? owner,
        string? returnUrl,
        AuthorizationParameters? parameters,
        CancellationToken cancellationToken
    )
    {
        if (!cancellationToken.CanBeCanceled)
            cancellationToken = context.RequestAborted;
        NoStoreHeaders.Declare(context);
        // State flooding: a request that another site sends without a navigation must not evict a pending authorization.
        if (!TopLevelNavigation.Matches(context.Request))
            return BrowserRedirectResult.NotANavigation;
        if (parameters?.RedirectUri is null && RedirectUris.FindForHost(options.Get(name), context.Request.Host) is { } redirectUri)
            parameters = (parameters ?? new()) with { RedirectUri = redirectUri };
        // The sign-in cookie names the client by which the user signed in. The grants may be deleted before the callback arrives.
        bool renewsSignIn = owner is not null && SignInSession.Find(context.User, name)?.Owner == owner;
        var pending = renewsSignIn
            ? await signIn.BeginRenewalAsync(parameters, cancellationToken).ConfigureAwait(false)
            : await client.BeginAuthorizationAsync(parameters, cancellationToken).ConfigureAwait(false);
        bool isFormPost = options.Get(name).ResponseMode is "form_post" or "form_post.jwt";
        cookies.Add(
            context,
            pending,
            owner,
            LocalReturnUrl.OrRoot(returnUrl, context.Request),
            isFormPost ? SameSiteMode.None : SameSiteMode.Lax
        );
        return BrowserRedirectResult.SeeOther(pending.AuthorizationUri);
    }
}
