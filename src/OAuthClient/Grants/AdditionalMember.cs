using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// A member of a token response, or a parameter of a callback, that the specifications do not define. It prints as <c>[redacted]</c>,
/// because servers deliver secrets in such members. Only <see cref="Reveal"/> and <see cref="RevealJson"/> return the value.
/// </summary>
[DebuggerDisplay("[redacted]")]
[JsonConverter(typeof(NonSerializableJsonConverter<AdditionalMember>))]
public sealed class AdditionalMember
{
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly JsonElement value;

    internal AdditionalMember(JsonElement value) => this.value = value;

    /// <summary>Creates the JSON value of a text, without half characters.</summary>
    internal static JsonElement Text(string text) => Parse($"\"{JsonEncodedText.Encode(Encoding.UTF8.GetBytes(text))}\"");

    /// <summary>Parses a JSON value. An object of it may have a member twice, as the server sent it.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    internal static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>Returns the value of a string, or the JSON text of another value.</summary>
    /// <returns>The value.</returns>
    public string Reveal() => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    /// <summary>Returns the JSON value.</summary>
    /// <returns>The value.</returns>
    public JsonElement RevealJson() => value;

    /// <summary>Returns a text that does not contain the value.</summary>
    /// <returns>Always <c>[redacted]</c>.</returns>
    public override string ToString() => Secret.Redacted;
}
