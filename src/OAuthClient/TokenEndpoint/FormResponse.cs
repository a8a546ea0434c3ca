using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Reads a token response that is a form (<c>application/x-www-form-urlencoded</c>) instead of JSON. It is recognized by its content,
/// because servers send it as <c>text/plain</c> or <c>text/html</c> too.
/// </summary>
internal static class FormResponse
{
    private const int MaximumLength = 64 * 1024;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    );

    /// <summary>Converts a form into a JSON object of texts with the same members in the same order.</summary>
    /// <param name="body">The body of the response.</param>
    /// <returns>The object; <see langword="null"/> if the body is not the form of a token response or of an error.</returns>
    public static byte[]? TryConvertToJson(ReadOnlySpan<byte> body)
    {
        if (body.Length is 0 or > MaximumLength)
            return null;
        string text = Encoding.UTF8.GetString(body).Trim().TrimStart('\uFEFF').TrimStart('?');
        var pairs = FormDecoder.Decode(text).ToList();
        if (
            !pairs.TrueForAll(pair => pair.Value is not null && !pair.Name.AsSpan().ContainsAnyExcept(NameCharacters))
            || !pairs.Exists(pair => pair.Name is ParameterNames.AccessToken or ParameterNames.Error)
        )
            return null;
        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = new(json, new() { SkipValidation = true }))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in pairs)
                writer.WriteString(name, value!.Trim());
            writer.WriteEndObject();
        }
        return json.WrittenSpan.ToArray();
    }
}
