using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace OAuthClient.AspNetCore;

/// <summary>What one of our cookies says: an authorization that waits, for whom it was begun (nobody yet, when they sign in by it), and where they want to be afterwards.</summary>
internal sealed record PendingAuthorizationCookie(string Name, PendingAuthorization Authorization, GrantOwner? Owner, string ReturnUrl)
{
    /// <summary>Nobody but the key's holder can read or write the value; one protection around all of it keeps its parts together.</summary>
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

    /// <summary>The way back; <see langword="null"/> for what this application did not write, or another version or key of it.</summary>
    public static PendingAuthorizationCookie? Unprotect(string name, string value, IDataProtector protector)
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
            return new PendingAuthorizationCookie(name, authorization, owner.Length > 0 ? GrantOwner.Parse(owner) : null, returnUrl);
        }
        catch (Exception exception)
            when (exception is CryptographicException or FormatException or OAuthProtocolException or IOException or ArgumentException)
        {
            return null;
        }
    }
}
