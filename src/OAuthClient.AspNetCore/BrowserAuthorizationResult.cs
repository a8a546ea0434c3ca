using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Represents the result of an authorization or sign-in in a browser. When an endpoint or action returns it, it signs <see cref="User"/> in
/// by the application's default scheme, and redirects to <see cref="ReturnUrl"/> or shows the page for a denied authorization.
/// </summary>
public sealed class BrowserAuthorizationResult : IResult, IActionResult
{
    private readonly string clientName;

    internal BrowserAuthorizationResult(
        string clientName,
        string returnUrl,
        Grant? grant,
        ClaimsPrincipal? user = null,
        UserInfo? userInfo = null
    )
    {
        this.clientName = clientName;
        User = user;
        UserInfo = userInfo;
        ReturnUrl = returnUrl;
        Grant = grant;
    }

    /// <summary>
    /// Gets a value indicating whether the resource owner or the server denied the authorization (RFC 6749 §4.1.2.1
    /// <c>access_denied</c>). This is not an error; let the user try again.
    /// </summary>
    [MemberNotNullWhen(false, nameof(Grant))]
    public bool Denied => Grant is null;

    /// <summary>
    /// Gets the path of this site that was given when the authorization began, or the application's root. It is safe to redirect to
    /// (RFC 9700 §4.11).
    /// </summary>
    public string ReturnUrl { get; }

    /// <summary>Gets the stored grant; <see langword="null"/> if the authorization was denied.</summary>
    public Grant? Grant { get; }

    /// <summary>
    /// Gets the user who signed in, if <c>BeginSignInAsync</c> began the authorization; otherwise <see langword="null"/>. Pass it to
    /// <c>HttpContext.SignInAsync</c> unless the endpoint returns this result. The claim <see cref="GrantOwner.ClaimType"/> contains the
    /// owner of the grant. The claims <c>iss</c>, <c>sub</c>, <c>sid</c>, and name, e-mail address and roles under their
    /// <see cref="ClaimTypes"/>, are those of the server; <see cref="BrowserAuthorizationOptions"/> names their sources.
    /// </summary>
    public ClaimsPrincipal? User { get; }

    /// <summary>
    /// Gets the UserInfo response, if the sign-in requested it (<see cref="BrowserAuthorizationOptions.FetchUserInfoAtSignIn"/>); otherwise
    /// <see langword="null"/>.
    /// </summary>
    public UserInfo? UserInfo { get; }

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
                : BrowserRedirectResult.SeeOther(ReturnUrl).ExecuteAsync(httpContext)
        ).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task ExecuteResultAsync(ActionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ExecuteAsync(context.HttpContext);
    }
}
