using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A private key of the client, as it is written in the options.</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<PrivateKey>))]
internal sealed class PrivateKey(string value) : Secret(value);
