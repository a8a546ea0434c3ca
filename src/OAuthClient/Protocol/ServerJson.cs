using System.Text.Json;

namespace OAuthClient;

/// <summary>Reads a JSON object that a server sent: strict about duplicates and depth, silent about members nobody knows.</summary>
internal static class ServerJson
{
    private static readonly JsonDocumentOptions Strict = new()
    {
        AllowDuplicateProperties = false,
        MaxDepth = 32,
    };

    /// <summary>The object, or <see langword="null"/> when the bytes are anything else.</summary>
    public static JsonElement? TryParseObject(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object && HasReadableNames(document.RootElement) ? document.RootElement.Clone() : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The value's text; <see langword="null"/> when it is no string, or none that is valid Unicode.</summary>
    public static string? TextOrNull(this JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The member's text; <see langword="null"/> when it is absent, null, or empty.</summary>
    /// <exception cref="ProtocolViolationException">It is there and is no string.</exception>
    public static string? Text(this JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null)
            return null;
        return member.ValueKind == JsonValueKind.String
            ? Unicode(member, name) is { Length: > 0 } text ? text : null
            : throw new ProtocolViolationException($"The server sent '{name}' as {member.ValueKind}; it must be a string.");
    }

    /// <summary>The member's texts; <see langword="null"/> when it is absent or null.</summary>
    /// <exception cref="ProtocolViolationException">It is there and is no array of strings.</exception>
    public static IReadOnlyList<string>? Texts(this JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null)
            return null;
        if (member.ValueKind != JsonValueKind.Array)
            throw new ProtocolViolationException($"The server sent '{name}' as {member.ValueKind}; it must be an array of strings.");
        var texts = new List<string>(member.GetArrayLength());
        foreach (var item in member.EnumerateArray())
        {
            texts.Add(item.ValueKind == JsonValueKind.String
                ? Unicode(item, name)
                : throw new ProtocolViolationException($"The server sent '{name}' with an item that is no string."));
        }
        return texts;
    }

    private static string Unicode(JsonElement text, string name) =>
        text.TextOrNull() ?? throw new ProtocolViolationException($"The server sent '{name}' as text that is not valid Unicode.");

    // JSON may escape half a surrogate pair, and its reader lets broken UTF-8 pass until it is asked for: then it throws what nobody expects.
    private static bool HasReadableNames(JsonElement json)
    {
        foreach (var member in json.EnumerateObject())
        {
            if (member.Name is null)
                return false;
        }
        return true;
    }
}
