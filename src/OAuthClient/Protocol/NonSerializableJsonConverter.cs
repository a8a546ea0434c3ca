using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Stands on every type that holds a secret, so that an object graph logged or cached as JSON fails loudly
/// instead of carrying the secret along.
/// </summary>
internal sealed class NonSerializableJsonConverter<T> : JsonConverter<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw Refusal();

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => throw Refusal();

    private static NotSupportedException Refusal() =>
        new(
            $"{typeof(T).Name} holds a secret and is not serialised as JSON. Leave it out of the object, or store a grant by its Protect method."
        );
}
