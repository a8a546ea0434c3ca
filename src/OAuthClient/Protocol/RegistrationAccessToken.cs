using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A registration access token, with which a client reads and changes its own registration (RFC 7592 §3).</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<RegistrationAccessToken>))]
internal sealed class RegistrationAccessToken(string value) : Secret(value);
