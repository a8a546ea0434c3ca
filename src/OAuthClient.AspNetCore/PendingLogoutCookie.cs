using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>Stores the pending logout of a browser in a cookie. A later logout replaces it.</summary>
internal sealed class PendingLogoutCookie(IDataProtectionProvider protection, TimeProvider time)
{
    private const string Name = "__Host-openid-logout";

    private readonly IDataProtector protector = protection.CreateProtector("OAuthClient.AspNetCore", "PendingLogout", "v1");

    public void Add(HttpContext context, PendingLogout pending, string returnUrl)
    {
        byte[] value = pending.Protect(logout =>
        {
            using var bytes = new MemoryStream(512);
            using var writer = new BinaryWriter(bytes, Encoding.UTF8);
            writer.Write(returnUrl);
            writer.Write(logout);
            writer.Flush();
            return protector.Protect(bytes.ToArray());
        });
        var options = Attributes();
        options.MaxAge = pending.ExpiresAt - time.GetUtcNow();
        context.Response.Cookies.Append(Name, Base64Url.EncodeToString(value), options);
    }

    /// <returns>The pending logout; <see langword="null"/> if there is no cookie, or this application did not write it.</returns>
    public (PendingLogout Pending, string ReturnUrl)? Find(HttpContext context)
    {
        if (context.Request.Cookies[Name] is not { Length: > 0 } value)
            return null;
        string returnUrl = "";
        try
        {
            var pending = PendingLogout.Unprotect(
                Base64Url.DecodeFromChars(value),
                data =>
                {
                    using var plain = new MemoryStream(protector.Unprotect(data));
                    using var reader = new BinaryReader(plain, Encoding.UTF8);
                    returnUrl = reader.ReadString();
                    return reader.ReadBytes((int)(plain.Length - plain.Position));
                }
            );
            return (pending, returnUrl);
        }
        catch (Exception exception)
            when (exception is CryptographicException or FormatException or OAuthProtocolException or IOException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Deletes the cookie when the response starts, because an error page clears headers that were set before.</summary>
    public static void RemoveAtResponse(HttpContext context) =>
        context.Response.OnStarting(() =>
        {
            context.Response.Cookies.Delete(Name, Attributes());
            return Task.CompletedTask;
        });

    private static CookieOptions Attributes() =>
        new()
        {
            Secure = true,
            HttpOnly = true,
            Path = "/",
            SameSite = SameSiteMode.Lax,
            IsEssential = true,
        };
}
