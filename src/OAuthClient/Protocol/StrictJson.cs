using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OAuthClient;

/// <summary>Reads JSON objects of a server. Rejects duplicate members and deep nesting; ignores unknown members.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };
    private static readonly JsonDocumentOptions Tolerant = new() { AllowTrailingCommas = true, MaxDepth = 32 };

    /// <summary>Reads a JSON object.</summary>
    /// <param name="json">The bytes.</param>
    /// <returns>The object; <see langword="null"/> if the bytes are not a valid JSON object.</returns>
    public static JsonElement? TryParseObject(ReadOnlyMemory<byte> json)
    {
        using var document = TryParse(json);
        return document?.RootElement.Clone();
    }

    /// <summary>Reads a JSON object without copying it.</summary>
    /// <param name="json">The bytes, which must not change while the document is in use.</param>
    /// <returns>The document, which the caller disposes of; <see langword="null"/> if the bytes are not a valid JSON object.</returns>
    public static JsonDocument? TryParse(ReadOnlyMemory<byte> json)
    {
        if (TryParse(json, Strict) is not { } document)
            return null;
        if (HasReadableNames(document.RootElement))
            return document;
        document.Dispose();
        return null;
    }

    /// <summary>
    /// Reads a JSON object in which a member may occur twice and a name may be invalid. The caller decides which members may do so, and
    /// reads names with <see cref="TryGetName"/>.
    /// </summary>
    /// <param name="json">The bytes, which must not change while the document is in use.</param>
    /// <returns>The document, which the caller disposes of; <see langword="null"/> if the bytes are not a JSON object.</returns>
    public static JsonDocument? TryParseTolerantly(ReadOnlyMemory<byte> json) => TryParse(json, Tolerant);

    /// <summary>Finds a member that occurs twice in one object, at any depth.</summary>
    /// <param name="json">The bytes.</param>
    /// <returns>
    /// The name of the member; <see langword="null"/> if there is none, or the bytes are not a JSON object for another reason.
    /// </returns>
    public static string? FindDuplicate(ReadOnlyMemory<byte> json)
    {
        using var document = TryParseTolerantly(json);
        return document is null ? null : FindDuplicate(document.RootElement);
    }

    /// <summary>Gets the name of a member; <see langword="null"/> if it is not valid Unicode.</summary>
    public static string? TryGetName(JsonProperty member)
    {
        try
        {
            return Utf8.IsValid(JsonMarshal.GetRawUtf8PropertyName(member)) ? member.Name : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Reads a string member.</summary>
    /// <param name="json">The object.</param>
    /// <param name="name">The name of the member.</param>
    /// <returns>The text; <see langword="null"/> if it is absent, null or empty.</returns>
    /// <exception cref="OAuthProtocolException">The member is not a string.</exception>
    public static string? Text(this JsonElement json, string name) => TextOf(json.Member(name), name);

    /// <summary>Gets a member; <see langword="default"/> if it is absent.</summary>
    public static JsonElement Member(this JsonElement json, string name) => json.TryGetProperty(name, out var member) ? member : default;

    /// <summary>Determines whether a member is absent or null.</summary>
    public static bool IsAbsent(this JsonElement member) => member.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>Reads the member <c>sub</c>, which identifies a user and becomes part of a grant owner.</summary>
    /// <param name="claims">The claims.</param>
    /// <param name="source">The name of the token or response that has the claims, for the message.</param>
    /// <returns>The subject; <see langword="null"/> if it is absent, null or empty.</returns>
    /// <exception cref="OAuthProtocolException">
    /// The member is not a string, is white space, or contains a NUL character, which PostgreSQL cannot store.
    /// </exception>
    public static string? Subject(this JsonElement claims, string source)
    {
        string? subject = claims.Text("sub");
        if (subject is not null && (string.IsNullOrWhiteSpace(subject) || subject.Contains('\0', StringComparison.Ordinal)))
            throw new OAuthProtocolException(
                $"The sub of the {source} is blank or contains a NUL character, so it does not identify a user (OpenID Connect Core §2)."
            );
        return subject;
    }

    /// <summary>Reads the text of a member.</summary>
    /// <param name="member">The member; <see langword="default"/> if it is absent.</param>
    /// <param name="name">The name of the member, for the message.</param>
    /// <returns>The text; <see langword="null"/> if the member is absent, null or empty.</returns>
    /// <exception cref="OAuthProtocolException">The member is not a string.</exception>
    public static string? TextOf(JsonElement member, string name)
    {
        if (member.IsAbsent())
            return null;
        if (member.ValueKind != JsonValueKind.String)
            throw OtherKind(member, name, "a string");
        string text = TryGetString(member) ?? throw InvalidUnicode(name);
        return text.Length > 0 ? text : null;
    }

    /// <summary>Reads a string member, which may be empty; <see langword="null"/> if it is absent or not a valid string.</summary>
    public static string? TextIfAny(this JsonElement json, string name) => TextIfAnyOf(json.Member(name));

    /// <summary>Reads the text of a member, which may be empty; <see langword="null"/> if it is not a valid string.</summary>
    public static string? TextIfAnyOf(JsonElement member) => member.ValueKind == JsonValueKind.String ? TryGetString(member) : null;

    /// <summary>
    /// Determines whether all member names of an object are valid UTF-8. The parser accepts invalid UTF-8 in a name, but looking up a
    /// member then throws. <see cref="TryParse(ReadOnlyMemory{byte})"/> checks the outermost object only.
    /// </summary>
    public static bool HasReadableNames(JsonElement json)
    {
        foreach (var member in json.EnumerateObject())
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(member);
            if (!Utf8.IsValid(name) || (name.Contains((byte)'\\') && TryGetName(member) is null))
                return false;
        }
        return true;
    }

    /// <summary>Gets the JSON text of a value; <see langword="null"/> if it is not valid UTF-8.</summary>
    public static string? RawTextIfAny(JsonElement value) => Utf8.IsValid(JsonMarshal.GetRawUtf8Value(value)) ? value.GetRawText() : null;

    /// <summary>Reads a member that is an array of strings; <see langword="null"/> if it is absent or null.</summary>
    /// <exception cref="OAuthProtocolException">The member is not an array of strings.</exception>
    public static IReadOnlyList<string>? Texts(this JsonElement json, string name)
    {
        var member = json.Member(name);
        if (member.IsAbsent())
            return null;
        if (member.ValueKind != JsonValueKind.Array)
            throw OtherKind(member, name, "an array of strings");
        var texts = new List<string>(member.GetArrayLength());
        foreach (var item in member.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
                throw new OAuthProtocolException($"The server sent '{name}' with an item that is not a string.");
            texts.Add(TryGetString(item) ?? throw InvalidUnicode(name));
        }
        return texts;
    }

    /// <summary>
    /// Reads a member that is a string or an array of strings, such as <c>aud</c> (RFC 7519 §4.1.3); empty if it is absent.
    /// </summary>
    /// <exception cref="OAuthProtocolException">The member is neither.</exception>
    public static IReadOnlyList<string> TextOrTexts(this JsonElement json, string name) =>
        json.Member(name).ValueKind == JsonValueKind.Array ? json.Texts(name)!
        : json.Text(name) is { } single ? [single]
        : [];

    /// <summary>Reads a member that is an object; <see langword="null"/> if it is absent or null.</summary>
    /// <exception cref="OAuthProtocolException">The member is not an object.</exception>
    public static JsonElement? Object(this JsonElement json, string name)
    {
        var member = json.Member(name);
        if (member.IsAbsent())
            return null;
        return member.ValueKind == JsonValueKind.Object ? member : throw OtherKind(member, name, "an object");
    }

    private static JsonDocument? TryParse(ReadOnlyMemory<byte> json, JsonDocumentOptions options)
    {
        // Static files often begin with a byte order mark, which RFC 8259 §8.1 allows a parser to ignore.
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json[3..];
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, options);
        }
        // The check for duplicates decodes the names; for a name that is not valid Unicode it throws InvalidOperationException.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        return null;
    }

    private static string? FindDuplicate(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
            return json.EnumerateArray().Select(FindDuplicate).FirstOrDefault(name => name is not null);
        if (json.ValueKind != JsonValueKind.Object)
            return null;
        HashSet<string> names = [];
        foreach (var member in json.EnumerateObject())
        {
            if (TryGetName(member) is { } name && !names.Add(name))
                return name;
            if (FindDuplicate(member.Value) is { } inner)
                return inner;
        }
        return null;
    }

    private static string? TryGetString(JsonElement text)
    {
        try
        {
            return text.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static OAuthProtocolException OtherKind(JsonElement member, string name, string expected) =>
        new($"The server sent '{name}' as {member.ValueKind}; it must be {expected}.");

    private static OAuthProtocolException InvalidUnicode(string name) =>
        new($"The server sent '{name}' as text that is not valid Unicode.");
}
