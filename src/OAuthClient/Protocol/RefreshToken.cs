using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A refresh token (RFC 6749 §1.5): spent at the token endpoint for new access tokens, and nowhere else.</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<RefreshToken>))]
public sealed class RefreshToken : Secret
{
    /// <summary>Wraps a refresh token that was obtained elsewhere.</summary>
    /// <param name="value">The token as the server gave it.</param>
    /// <exception cref="ArgumentException"><paramref name="value"/> is empty.</exception>
    public RefreshToken(string value)
        : base(value) { }
}
