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
    public RefreshToken(string value) : base(value)
    {
    }
}

/// <summary>An ID Token (OpenID Connect Core §2) in its compact form, as the server sent it.</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<IdToken>))]
public sealed class IdToken : Secret
{
    internal IdToken(string value) : base(value)
    {
    }
}

/// <summary>An authorization code (RFC 6749 §4.1.2).</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<AuthorizationCode>))]
internal sealed class AuthorizationCode(string value) : Secret(value);

/// <summary>With it a client reads and changes its own registration (RFC 7592 §3).</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<RegistrationAccessToken>))]
internal sealed class RegistrationAccessToken(string value) : Secret(value);

/// <summary>The client's password at the authorization server (RFC 6749 §2.3.1).</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<ClientSecret>))]
internal sealed class ClientSecret(string value) : Secret(value);

/// <summary>A private key of the client's, as it is written in the options.</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<PrivateKey>))]
internal sealed class PrivateKey(string value) : Secret(value);
