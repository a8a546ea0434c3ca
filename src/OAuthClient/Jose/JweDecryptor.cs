using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Opens a JWT that was encrypted for this client (RFC 7516 §5.2). What is inside must be signed, and is checked like any other.</summary>
internal static class JweDecryptor
{
    // What is inside may have two thirds of this, like any other.
    private const int MaximumLength = 96 * 1024;

    /// <returns>The JWT inside; the very text, when it is not encrypted.</returns>
    /// <exception cref="OAuthProtocolException">It cannot be opened. Of what failed inside, the message says nothing: it could help to guess the rest (RFC 7516 §11.5).</exception>
    public static string Decrypt(string compact, JwtType kind, IReadOnlyList<DecryptionKey> keys)
    {
        if (compact.Length > MaximumLength || compact.AsSpan().Count('.') != 4)
            return compact;
        if (!UnverifiedJwt.IsCompact(compact))
            throw new OAuthProtocolException($"The {kind.Name} holds a character that is not base64url (RFC 7516 §2).");
        if (keys.Count == 0)
        {
            throw new OAuthProtocolException(
                $"The {kind.Name} is encrypted (RFC 7516), but there are no DecryptionKeys; set them, or register the client at the server without encryption."
            )
            {
                IsTransient = true,
            };
        }
        string[] parts = compact.Split('.');
        var header = UnverifiedJwt.Part(parts[0], kind, "header");
        string algorithm = Supported(header, "alg", JweKeyDecryption.Algorithms, kind);
        string encryption = Supported(header, "enc", JweContentDecryption.Algorithms, kind);
        // A small text can be very large once it is inflated (RFC 8725 §3.6); the specifications leave compression to agreement, and there is none.
        if (header.TryGetProperty("zip", out _))
            throw new OAuthProtocolException($"The {kind.Name} is compressed (zip), which is not read: it could become very large.");
        if (header.TryGetProperty("crit", out _))
            throw new OAuthProtocolException(
                $"The {kind.Name}'s header demands an extension (crit) that is not understood here (RFC 7516 §4.1.13)."
            );

        string? keyId = header.Text("kid");
        foreach (var key in keys)
        {
            if (key.KeyId is not null && keyId is not null && !string.Equals(key.KeyId, keyId, StringComparison.Ordinal))
                continue;
            if (key.Algorithm is not null && !string.Equals(key.Algorithm, algorithm, StringComparison.Ordinal))
                continue;
            if (TryDecrypt(parts, header, algorithm, encryption, key) is { } inside)
                return inside;
        }
        throw new OAuthProtocolException(
            $"None of the DecryptionKeys opens the {kind.Name} ({algorithm}, {encryption}, kid '{ServerTextSanitizer.Clean(keyId) ?? "none"}')."
        )
        {
            IsTransient = true,
        };
    }

    private static string Supported(JsonElement header, string name, IReadOnlyList<string> supported, JwtType kind)
    {
        string? stated = header.Text(name);
        return stated is not null && supported.Contains(stated, StringComparer.Ordinal)
            ? stated
            : throw new OAuthProtocolException(
                $"The {kind.Name} is encrypted with the {name} '{ServerTextSanitizer.Clean(stated) ?? "none"}'; these are supported: {string.Join(", ", supported)}. Register the client at the server for one of them."
            );
    }

    private static string? TryDecrypt(string[] parts, JsonElement header, string algorithm, string encryption, DecryptionKey key)
    {
        try
        {
            byte[]? contentKey = JweKeyDecryption.TryFind(header, algorithm, encryption, Base64Url.DecodeFromChars(parts[1]), key);
            byte[]? inside = contentKey is null
                ? null
                : JweContentDecryption.TryDecrypt(
                    encryption,
                    contentKey,
                    Base64Url.DecodeFromChars(parts[2]),
                    Base64Url.DecodeFromChars(parts[3]),
                    Base64Url.DecodeFromChars(parts[4]),
                    Encoding.ASCII.GetBytes(parts[0])
                );
            return inside is { Length: > 0 } ? Encoding.UTF8.GetString(inside) : null;
        }
        catch (Exception exception)
            when (exception is CryptographicException or FormatException or ArgumentException or OAuthProtocolException)
        {
            return null;
        }
    }
}
