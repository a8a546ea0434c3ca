using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace WebApp;

/// <summary>The users of this application. Yours have passwords or passkeys, and ids from a database.</summary>
internal static class SampleUsers
{
    private const int LongestName = 40;

    /// <summary>Creates a user with a new id, because a typed name proves nothing: each sign-in is another user.</summary>
    public static ClaimsPrincipal Create(string displayName)
    {
        string name = displayName.Trim();
        return new(
            new ClaimsIdentity(
                [
                    new(ClaimTypes.NameIdentifier, RandomNumberGenerator.GetHexString(16, lowercase: true)),
                    new(ClaimTypes.Name, name.Length > LongestName ? name[..LongestName] : name),
                ],
                CookieAuthenticationDefaults.AuthenticationScheme
            )
        );
    }

    public static void Cookie(CookieAuthenticationOptions options)
    {
        options.LoginPath = "/sign-in";
        options.ReturnUrlParameter = "returnUrl";
        options.Cookie.Name = "__Host-session";
        options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        // Not Strict: the browser must send the cookie with the redirect from the authorization server.
        options.Cookie.SameSite = SameSiteMode.Lax;
    }

    // With the default, Strict, the page after the redirect would get a new antiforgery cookie, and forms in other tabs would fail.
    public static void Antiforgery(AntiforgeryOptions options) => options.Cookie.SameSite = SameSiteMode.Lax;
}
