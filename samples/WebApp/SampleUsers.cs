using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace WebApp;

/// <summary>This application's own users. Yours have passwords or passkeys, and ids from a database.</summary>
internal static class SampleUsers
{
    private const int LongestName = 40;

    /// <summary>A new id at each sign-in: nobody becomes somebody else by typing their name, and nothing planted before the sign-in is worth anything after it.</summary>
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
        // Not Strict: the browser must bring it along on the way back from the authorization server.
        options.Cookie.SameSite = SameSiteMode.Lax;
    }

    // With the default, Strict, the page after the way back would get a new antiforgery cookie, and forms in other tabs would stop working.
    public static void Antiforgery(AntiforgeryOptions options) => options.Cookie.SameSite = SameSiteMode.Lax;
}
