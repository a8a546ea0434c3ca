using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;

namespace OAuthClient.AspNetCore;

/// <summary>How an authorization in the browser ended.</summary>
public sealed class BrowserAuthorizationResult
{
    internal BrowserAuthorizationResult(string returnUrl, Grant? grant, ClaimsPrincipal? user = null)
    {
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
    /// The claim <see cref="GrantOwner.ClaimType"/> holds the grant's owner; <c>iss</c>, <c>sub</c>, <c>sid</c> and the name are the server's words.
    /// </summary>
    public ClaimsPrincipal? User { get; }
}
