using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace OAuthClient.AspNetCore;

/// <summary>
/// How an authorization in the browser ended. Returned from an endpoint or action it answers the request: it signs <see cref="User"/> in by
/// the application's default scheme, and redirects to <see cref="ReturnUrl"/> or shows the page for a denied authorization.
/// </summary>
public sealed class BrowserAuthorizationResult : IResult, IActionResult
{
    private readonly string clientName;

    internal BrowserAuthorizationResult(string clientName, string returnUrl, Grant? grant, ClaimsPrincipal? user = null)
    {
        this.clientName = clientName;
        User = user;
        ReturnUrl = returnUrl;
        Grant = grant;
    }

    /// <summary>Whether the resource owner, or the server, said no (RFC 6749 §4.1.2.1 <c>access_denied</c>). Not a fault: offer to try again.</summary>
    [MemberNotNullWhen(false, nameof(Grant))]
    public bool Denied => Grant is null;

    /// <summary>Where the user wanted to be: always a path of this site, safe to redirect to (RFC 9700 §4.11); the application's root when none was named.</summary>
    public string ReturnUrl { get; }

    /// <summary>The stored grant; <see langword="null"/> when denied.</summary>
    public Grant? Grant { get; }

    /// <summary>
    /// Who signed in, when it was begun by <c>BeginSignInAsync</c>: give it to <c>HttpContext.SignInAsync</c>, which begins a new session.
    /// The claim <see cref="GrantOwner.ClaimType"/> holds the grant's owner; <c>iss</c>, <c>sub</c>, <c>sid</c> and the name are the
    /// server's words.
    /// </summary>
    public ClaimsPrincipal? User { get; }

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        if (User is not null)
            await httpContext.SignInAsync(User).ConfigureAwait(false);
        const BrowserAuthorizationPageKind denied = BrowserAuthorizationPageKind.Denied;
        await (
            Denied
                ? BrowserAuthorizationPages.WriteAsync(httpContext, clientName, denied, StatusCodes.Status200OK, ReturnUrl)
                : SeeOtherResult.SeeOther(ReturnUrl).ExecuteAsync(httpContext)
        ).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task ExecuteResultAsync(ActionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ExecuteAsync(context.HttpContext);
    }
}
