using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// The authorizations that wait in one browser: a cookie each, so that several tabs do not disturb each other; the oldest are
/// evicted by total size, so that no request grows too large. The prefix <c>__Host-</c> keeps other hosts from setting them (RFC 6265bis
/// §4.1.3.2).
/// </summary>
internal sealed class PendingAuthorizationCookies(IDataProtectionProvider protection, TimeProvider time)
{
    private const string Prefix = "__Host-oauth-";
    private const int MostCharacters = 3500;
    private const int MostCharactersTogether = 3900;

    // One purpose for all clients, because they share the room; which client it is stands inside and is checked at completion.
    private readonly IDataProtector protector = protection.CreateProtector("OAuthClient.AspNetCore", "PendingAuthorization", "v1");

    /// <exception cref="InvalidOperationException">It is too large for a cookie.</exception>
    public void Add(HttpContext context, PendingAuthorization authorization, GrantOwner? owner, string returnUrl, SameSiteMode sameSite)
    {
        string name = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(9));
        string value = new PendingAuthorizationCookie(name, authorization, owner, returnUrl).Protect(protector);
        if (Size(name, value) > MostCharacters)
        {
            throw new InvalidOperationException(
                $"The pending authorization at the OAuth client '{authorization.ClientName}' would take {Size(name, value)} characters in a cookie, more than {MostCharacters}: browsers keep no larger ones. Ask for fewer scopes or resources, or use shorter user ids."
            );
        }
        MakeRoom(context, Size(name, value));
        var options = Attributes(sameSite);
        options.MaxAge = authorization.ExpiresAt - time.GetUtcNow();
        context.Response.Cookies.Append(name, value, options);
    }

    /// <summary>The one that this callback answers, when this browser has it.</summary>
    public PendingAuthorizationCookie? Find(HttpContext context, AuthorizationResponse response) =>
        Ours(context)
            .Select(cookie => PendingAuthorizationCookie.Unprotect(cookie.Key, cookie.Value, protector))
            .FirstOrDefault(cookie => cookie?.Authorization.Matches(response) == true);

    /// <summary>At the last moment, because an error page clears what was set before.</summary>
    public static void RemoveAtResponse(HttpContext context, PendingAuthorizationCookie cookie) =>
        context.Response.OnStarting(() =>
        {
            context.Response.Cookies.Delete(cookie.Name, Attributes(SameSiteMode.Lax));
            return Task.CompletedTask;
        });

    private void MakeRoom(HttpContext context, int needed)
    {
        // What cannot be read goes first, but only when there is no room: it may be another application's on the same host.
        var now = time.GetUtcNow();
        var waiting = Ours(context)
            .Select(cookie =>
                (
                    Name: cookie.Key,
                    Size: Size(cookie.Key, cookie.Value),
                    PendingAuthorizationCookie.Unprotect(cookie.Key, cookie.Value, protector)?.Authorization.ExpiresAt
                )
            )
            .OrderByDescending(cookie => cookie.ExpiresAt ?? DateTimeOffset.MinValue);
        foreach (var cookie in waiting)
        {
            if (cookie.ExpiresAt > now || cookie.ExpiresAt is null)
                needed += cookie.Size;
            // From the first that does not fit, all older ones are evicted: an older one must not outlive a younger one because it is
            // small.
            if (cookie.ExpiresAt <= now || needed > MostCharactersTogether)
                context.Response.Cookies.Delete(cookie.Name, Attributes(SameSiteMode.Lax));
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Ours(HttpContext context) =>
        context.Request.Cookies.Where(cookie => cookie.Key.StartsWith(Prefix, StringComparison.Ordinal));

    private static int Size(string name, string value) => name.Length + value.Length + "=; ".Length;

    private static CookieOptions Attributes(SameSiteMode sameSite) =>
        new()
        {
            Secure = true,
            HttpOnly = true,
            Path = "/",
            SameSite = sameSite,
            // Without it a consent policy would drop the cookie, and no login could end.
            IsEssential = true,
        };
}
