using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A client secret (RFC 6749 §2.3.1).</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<ClientSecret>))]
internal sealed class ClientSecret(string value) : Secret(value);
