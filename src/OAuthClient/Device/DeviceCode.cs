using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A device verification code (RFC 8628 §3.2), with which the client obtains the tokens.</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<DeviceCode>))]
internal sealed class DeviceCode(string value) : Secret(value);
