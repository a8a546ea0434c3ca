using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>An authorization code (RFC 6749 §4.1.2).</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<AuthorizationCode>))]
internal sealed class AuthorizationCode(string value) : Secret(value);
