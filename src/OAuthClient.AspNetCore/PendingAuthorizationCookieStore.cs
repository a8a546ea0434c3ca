using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Stores the pending authorizations of a browser in cookies, one each, so that several tabs are independent. The oldest are evicted by
/// total size, so that requests stay within the header limits of servers. The prefix <c>__Host-</c> prevents other hosts from setting them
/// (RFC 6265bis §4.1.3.2).
/// </summary>
internal sealed class PendingAuthorizationCookieStore(IDataProtectionProvider protection, TimeProvider time)
{
    private const string Prefix = "__Host-oauth-";

    // Of all these cookies together, and so of one. Browsers keep at least 4,096 octets (RFC 6265bis §5.6).
    private const int MaximumCharacters = 3900;

    // One purpose for all clients, because they share the size limit. The content names the client, which is checked at completion.
    private readonly IDataProtector protector = protection.CreateProtector("OAuthClient.AspNetCore", "PendingAuthorization", "v1");

    /// <exception cref="InvalidOperationException">The authorization is too large for a cookie.</exception>
    public void Add(HttpContext context, PendingAuthorization authorization, GrantOwner? owner, string returnUrl, SameSiteMode sameSite)
    {
        string name = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(9));
        string value = new PendingAuthorizationCookieContent(name, authorization, owner, returnUrl).Protect(protector);
        if (Size(name, value) > MaximumCharacters)
        {
            string client = authorization.ClientName.Length == 0 ? "the OAuth client" : $"the OAuth client '{authorization.ClientName}'";
            throw new InvalidOperationException(
                $"The pending authorization of {client} requires {Size(name, value)} characters in a cookie, and the limit is "
                    + $"{MaximumCharacters}. Request fewer scopes or resources, or shorter authorization details, or use shorter user ids."
            );
        }
        EvictFor(context, Size(name, value));
        var options = Attributes(sameSite);
        options.MaxAge = authorization.ExpiresAt - time.GetUtcNow();
        context.Response.Cookies.Append(name, value, options);
    }

    /// <summary>Finds the pending authorization of this browser to which the callback belongs.</summary>
    public PendingAuthorizationCookieContent? Find(HttpContext context, AuthorizationResponse response) =>
        OwnCookies(context)
            .Select(cookie => PendingAuthorizationCookieContent.Unprotect(cookie.Key, cookie.Value, protector))
            .FirstOrDefault(cookie => cookie?.Authorization.Matches(response) == true);

    /// <summary>Deletes the cookie when the response starts, because an error page clears headers that were set before.</summary>
    public static void RemoveAtResponse(HttpContext context, PendingAuthorizationCookieContent cookie) =>
        context.Response.OnStarting(() =>
        {
            context.Response.Cookies.Delete(cookie.Name, Attributes(SameSiteMode.Lax));
            return Task.CompletedTask;
        });

    private void EvictFor(HttpContext context, int size)
    {
        // Unreadable cookies are evicted first, but only for lack of space: another application on the same host may have set them.
        var now = time.GetUtcNow();
        var pending = OwnCookies(context)
            .Select(cookie =>
                (
                    Name: cookie.Key,
                    Size: Size(cookie.Key, cookie.Value),
                    PendingAuthorizationCookieContent.Unprotect(cookie.Key, cookie.Value, protector)?.Authorization.ExpiresAt
                )
            )
            .OrderByDescending(cookie => cookie.ExpiresAt ?? DateTimeOffset.MinValue);
        foreach (var cookie in pending)
        {
            if (cookie.ExpiresAt > now || cookie.ExpiresAt is null)
                size += cookie.Size;
            // From the first that does not fit, all older ones are evicted. A small old cookie must not outlive a larger new one.
            if (cookie.ExpiresAt <= now || size > MaximumCharacters)
                context.Response.Cookies.Delete(cookie.Name, Attributes(SameSiteMode.Lax));
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> OwnCookies(HttpContext context) =>
        context.Request.Cookies.Where(cookie => cookie.Key.StartsWith(Prefix, StringComparison.Ordinal));

    private static int Size(string name, string value) => name.Length + value.Length + "=; ".Length;

    private static CookieOptions Attributes(SameSiteMode sameSite) =>
        new()
        {
            Secure = true,
            HttpOnly = true,
            Path = "/",
            SameSite = sameSite,
            // Otherwise a cookie consent policy would drop the cookie, and no authorization could be completed.
            IsEssential = true,
        };
}
