using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace OAuthClient;

/// <summary>Reads a JSON object that a server sent: strict about duplicates and depth, silent about members nobody knows.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>The object, or <see langword="null"/> when the bytes are anything else.</summary>
    public static JsonElement? TryParseObject(ReadOnlyMemory<byte> json)
    {
        using var document = TryParse(json);
        return document?.RootElement.Clone();
    }

    /// <summary>The same for whoever reads it at once: it stands on <paramref name="json"/>, and on memory that is given back when it is disposed of.</summary>
    public static JsonDocument? TryParse(ReadOnlyMemory<byte> json)
    {
        // Static files often begin with a byte order mark, which RFC 8259 §8.1 lets a reader pass over.
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json[3..];
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, Strict);
        }
        // Looking for duplicates decodes the names, and one that is no Unicode (a lone surrogate) comes out as the second kind.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object && HasReadableNames(document.RootElement))
            return document;
        document.Dispose();
        return null;
    }

    /// <summary>The member's text; <see langword="null"/> when it is absent, null, or empty.</summary>
    /// <exception cref="OAuthProtocolException">It is there and is no string.</exception>
    public static string? Text(this JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) ? TextOf(member, name) : null;

    /// <summary>Reads the member <c>sub</c>, which names a user and becomes part of a grant owner.</summary>
    /// <param name="claims">The claims.</param>
    /// <param name="source">The name of what holds them, for the message.</param>
    /// <returns>The subject; <see langword="null"/> when it is absent or null.</returns>
    /// <exception cref="OAuthProtocolException">
    /// It is not a string, is blank, or holds a NUL character, which no store can keep.
    /// </exception>
    public static string? Subject(this JsonElement claims, string source) =>
        claims.Text("sub") switch
        {
            null => null,
            var subject when string.IsNullOrWhiteSpace(subject) || subject.Contains('\0', StringComparison.Ordinal) =>
                throw new OAuthProtocolException(
                    $"The sub of the {source} is blank or holds a NUL character, so it does not identify a user (OpenID Connect Core §2)."
                ),
            var subject => subject,
        };

    /// <summary>The same, of a member that was found before; of one that was not, when it is <see langword="default"/>.</summary>
    /// <exception cref="OAuthProtocolException">It is there and is no string.</exception>
    public static string? TextOf(JsonElement member, string name)
    {
        if (member.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        if (member.ValueKind != JsonValueKind.String)
            throw new OAuthProtocolException($"The server sent '{name}' as {member.ValueKind}; it must be a string.");
        string text = Unicode(member) ?? throw NoUnicode(name);
        return text.Length > 0 ? text : null;
    }

    /// <summary>The member's text, empty or not; <see langword="null"/> when there is no such thing, whatever is there instead.</summary>
    public static string? TextIfAny(this JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) ? TextIfAnyOf(member) : null;

    /// <summary>The same, of a member that was found before.</summary>
    public static string? TextIfAnyOf(JsonElement member) => member.ValueKind == JsonValueKind.String ? Unicode(member) : null;

    /// <summary>Whether its names can be asked for. Of what was parsed here, those of the outermost object can: broken UTF-8 in a name passes the reader, unlike what is broken by escapes.</summary>
    public static bool HasReadableNames(JsonElement json)
    {
        foreach (var member in json.EnumerateObject())
        {
            if (!Utf8.IsValid(JsonMarshal.GetRawUtf8PropertyName(member)))
                return false;
        }
        return true;
    }

    /// <summary>A value as it was written; <see langword="null"/> when that is not valid Unicode.</summary>
    public static string? RawTextIfAny(JsonElement value) => Utf8.IsValid(JsonMarshal.GetRawUtf8Value(value)) ? value.GetRawText() : null;

    /// <summary>The member's texts; <see langword="null"/> when it is absent or null.</summary>
    /// <exception cref="OAuthProtocolException">It is there and is no array of strings.</exception>
    public static IReadOnlyList<string>? Texts(this JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null)
            return null;
        if (member.ValueKind != JsonValueKind.Array)
            throw new OAuthProtocolException($"The server sent '{name}' as {member.ValueKind}; it must be an array of strings.");
        var texts = new List<string>(member.GetArrayLength());
        foreach (var item in member.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
                throw new OAuthProtocolException($"The server sent '{name}' with an item that is no string.");
            texts.Add(Unicode(item) ?? throw NoUnicode(name));
        }
        return texts;
    }

    /// <summary>One text or several, as an audience may be written (RFC 7519 §4.1.3); empty when there is none.</summary>
    /// <exception cref="OAuthProtocolException">It is there and is neither.</exception>
    public static IReadOnlyList<string> TextOrTexts(this JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Array ? json.Texts(name)!
        : json.Text(name) is { } single ? [single]
        : [];

    /// <summary>The member that is an object itself; <see langword="null"/> when it is absent or null.</summary>
    /// <exception cref="OAuthProtocolException">It is there and is no object.</exception>
    public static JsonElement? Object(this JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null)
            return null;
        return member.ValueKind == JsonValueKind.Object
            ? member
            : throw new OAuthProtocolException($"The server sent '{name}' as {member.ValueKind}; it must be an object.");
    }

    private static string? Unicode(JsonElement text)
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

    private static OAuthProtocolException NoUnicode(string name) => new($"The server sent '{name}' as text that is not valid Unicode.");
}
