using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Rejects JSON serialization. It is applied to every type that holds a secret, so that an object graph that is logged or cached as JSON
/// throws instead of exposing the secret.
/// </summary>
internal sealed class NonSerializableJsonConverter<T> : JsonConverter<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw Refusal();

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => throw Refusal();

    private static NotSupportedException Refusal() =>
        new(
            $"{typeof(T).Name} holds a secret and is not serialized as JSON. Exclude it from the object, or store a grant with its Protect "
                + "method."
        );
}
