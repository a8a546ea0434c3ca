using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace OAuthClient.AspNetCore;

/// <summary>The content of the cookie of a pending authorization.</summary>
/// <param name="Name">The name of the cookie.</param>
/// <param name="Authorization">The pending authorization.</param>
/// <param name="Owner">The owner of the grant; <see langword="null"/> for a sign-in, whose ID Token names the owner.</param>
/// <param name="ReturnUrl">The path to redirect to after the callback.</param>
internal sealed record PendingAuthorizationCookieContent(
    string Name,
    PendingAuthorization Authorization,
    GrantOwner? Owner,
    string ReturnUrl
)
{
    /// <summary>Encrypts and authenticates all parts together, so that parts of different cookies cannot be combined.</summary>
    public string Protect(IDataProtector protector) =>
        Base64Url.EncodeToString(
            Authorization.Protect(authorization =>
            {
                using var bytes = new MemoryStream(1024);
                using var writer = new BinaryWriter(bytes, Encoding.UTF8);
                writer.Write(Owner?.ToString() ?? "");
                writer.Write(ReturnUrl);
                writer.Write(authorization);
                writer.Flush();
                return protector.Protect(bytes.ToArray());
            })
        );

    /// <summary>
    /// Decrypts a value; <see langword="null"/> if this version of the application did not write it, or the key is unknown.
    /// </summary>
    public static PendingAuthorizationCookieContent? Unprotect(string name, string value, IDataProtector protector)
    {
        string owner = "",
            returnUrl = "";
        try
        {
            var authorization = PendingAuthorization.Unprotect(
                Base64Url.DecodeFromChars(value),
                bytes =>
                {
                    var plain = new MemoryStream(protector.Unprotect(bytes));
                    using var reader = new BinaryReader(plain, Encoding.UTF8);
                    owner = reader.ReadString();
                    returnUrl = reader.ReadString();
                    return reader.ReadBytes((int)(plain.Length - plain.Position));
                }
            );
            return new PendingAuthorizationCookieContent(name, authorization, owner.Length > 0 ? GrantOwner.Parse(owner) : null, returnUrl);
        }
        catch (Exception exception)
            when (exception is CryptographicException or FormatException or OAuthProtocolException or IOException or ArgumentException)
        {
            return null;
        }
    }
}
