using System.Buffers.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Reads members of a JSON Web Key (RFC 7517 §4).</summary>
internal static class JsonWebKeyMember
{
    /// <summary>Reads a member that is encoded in base64url.</summary>
    /// <param name="key">The key.</param>
    /// <param name="name">The name of the member.</param>
    /// <returns>The decoded bytes.</returns>
    /// <exception cref="FormatException">The key has no such member, or it is not in base64url.</exception>
    public static byte[] Read(JsonObject key, string name) =>
        (string?)key[name] is { Length: > 0 } encoded
            ? Base64Url.DecodeFromChars(encoded)
            : throw new FormatException($"The key has no member '{name}'.");
}
