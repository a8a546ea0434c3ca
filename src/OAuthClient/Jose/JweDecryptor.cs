using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Decrypts a JWT that was encrypted for this client (RFC 7516 §5.2). The decrypted JWT must be signed and is validated like any other JWT.
/// </summary>
internal static class JweDecryptor
{
    // Base64url encoding adds a third to the length of the signed JWT, which is limited to 64 KB.
    private const int MaximumLength = 96 * 1024;

    /// <summary>Decrypts a JWT if it is encrypted.</summary>
    /// <returns>The signed JWT; <paramref name="compact"/> itself when it is not encrypted.</returns>
    /// <exception cref="OAuthProtocolException">
    /// The JWT cannot be decrypted. The message does not state which step failed, because that would help an attacker (RFC 7516 §11.5).
    /// </exception>
    public static string Decrypt(string compact, JwtType kind, IReadOnlyList<DecryptionKey> keys)
    {
        if (compact.Length > MaximumLength || compact.AsSpan().Count('.') != 4)
            return compact;
        if (!UrlSafeText.IsValid(compact))
            throw new OAuthProtocolException($"The {kind.Name} holds a character that is not base64url (RFC 7516 §2).");
        if (keys.Count == 0)
        {
            throw new OAuthProtocolException(
                $"The {kind.Name} is encrypted (RFC 7516), but DecryptionKeys is empty; set it, or register the client at the server "
                    + "without encryption."
            )
            {
                IsTransient = true,
            };
        }
        string[] parts = compact.Split('.');
        var header = UnverifiedJwt.Part(parts[0], kind, "header");
        string algorithm = Supported(header, "alg", JweKeyDecryption.Algorithms, kind);
        string encryption = Supported(header, "enc", JweContentDecryption.Algorithms, kind);
        // A small JWT can be very large once it is decompressed (RFC 8725 §3.6).
        if (header.TryGetProperty("zip", out _))
            throw new OAuthProtocolException($"The {kind.Name} is compressed (zip), which is not supported (RFC 8725 §3.6).");
        if (header.TryGetProperty("crit", out _))
            throw new OAuthProtocolException(
                $"The {kind.Name}'s header requires an extension (crit) that is not supported (RFC 7516 §4.1.13)."
            );

        string? keyId = header.Text("kid");
        foreach (var key in keys)
        {
            if (key.KeyId is not null && keyId is not null && key.KeyId != keyId)
                continue;
            if (key.Algorithm is not null && key.Algorithm != algorithm)
                continue;
            if (TryDecrypt(parts, header, algorithm, encryption, key) is { } decrypted)
                return decrypted;
        }
        throw new OAuthProtocolException(
            $"None of the DecryptionKeys decrypts the {kind.Name} ({algorithm}, {encryption}, kid "
                + $"'{ServerTextSanitizer.Clean(keyId) ?? "none"}')."
        )
        {
            IsTransient = true,
        };
    }

    private static string Supported(JsonElement header, string name, IReadOnlyList<string> supported, JwtType kind)
    {
        string? stated = header.Text(name);
        return stated is not null && supported.Contains(stated)
            ? stated
            : throw new OAuthProtocolException(
                $"The {kind.Name} is encrypted with the {name} '{ServerTextSanitizer.Clean(stated) ?? "none"}'; the supported values are "
                    + $"{string.Join(", ", supported)}. Register the client at the server for one of them."
            );
    }

    private static string? TryDecrypt(string[] parts, JsonElement header, string algorithm, string encryption, DecryptionKey key)
    {
        try
        {
            byte[]? contentKey = JweKeyDecryption.TryFind(header, algorithm, encryption, Base64Url.DecodeFromChars(parts[1]), key);
            byte[]? decrypted = contentKey is null
                ? null
                : JweContentDecryption.TryDecrypt(
                    encryption,
                    contentKey,
                    Base64Url.DecodeFromChars(parts[2]),
                    Base64Url.DecodeFromChars(parts[3]),
                    Base64Url.DecodeFromChars(parts[4]),
                    Encoding.ASCII.GetBytes(parts[0])
                );
            return decrypted is { Length: > 0 } ? Encoding.UTF8.GetString(decrypted) : null;
        }
        catch (Exception exception)
            when (exception is CryptographicException or FormatException or ArgumentException or OAuthProtocolException)
        {
            return null;
        }
    }
}
