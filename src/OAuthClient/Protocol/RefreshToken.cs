using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A refresh token (RFC 6749 §1.5). It is sent to the authorization server only, never to an API.</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<RefreshToken>))]
public sealed class RefreshToken : Secret
{
    /// <summary>Initializes a new instance from a refresh token that was obtained elsewhere.</summary>
    /// <param name="value">The token as the server issued it.</param>
    /// <exception cref="ArgumentException"><paramref name="value"/> is empty.</exception>
    public RefreshToken(string value)
        : base(value) { }
}
