using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A token request that asks whether the user has approved a device authorization (RFC 8628 §3.4).</summary>
[JsonConverter(typeof(NonSerializableJsonConverter<DeviceCodeRequest>))]
internal sealed class DeviceCodeRequest(PendingDeviceAuthorization pending)
    : TokenRequest(PolledGrantTypes.DeviceCode, scopes: null, pending.Resources)
{
    internal override IReadOnlyList<string> DefaultScopes => pending.Scopes;

    internal override IReadOnlyList<string> Secrets => [pending.DeviceCode.Reveal()];

    internal override string? StandardError(string? word, ServerAdaptation adaptation) => adaptation.DeviceErrorCode(word);

    internal override IEnumerable<KeyValuePair<string, string>> Parameters() =>
        [new(ParameterNames.DeviceCode, pending.DeviceCode.Reveal())];
}
