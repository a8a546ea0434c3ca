using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Reads client metadata (RFC 7591 §2) with an eye on their types, and remembers what was registered.</summary>
internal sealed class MetadataMembers(JsonObject asked)
{
    /// <summary>What is registered in the end, for the answer: what was asked for and understood, and defaults.</summary>
    public JsonObject Registered { get; } = new();

    public string? Text(string name, string? otherwise = null)
    {
        string? value = Read(name, JsonValueKind.String)?.GetValue<string>() ?? otherwise;
        if (value is not null)
            Registered[name] = value;
        return value;
    }

    public IReadOnlyList<string> Texts(string name, params string[] otherwise)
    {
        string[] values = Read(name, JsonValueKind.Array) is JsonArray array
            ? [.. array.Select(item => item?.GetValueKind() is JsonValueKind.String ? item.GetValue<string>() : throw Wrong(name))]
            : otherwise;
        if (values is not [])
            Registered[name] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
        return values;
    }

    public Uri? WebPage(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" ? uri : throw Wrong(name);
    }

    public JsonObject? Object(string name)
    {
        JsonObject? value = Read(name, JsonValueKind.Object)?.AsObject();
        if (value is not null)
            Registered[name] = value.DeepClone();
        return value;
    }

    /// <summary>Members that are kept for nobody but the client.</summary>
    public void Keep(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (asked[name] is { } value)
                Registered[name] = value.DeepClone();
        }
    }

    private JsonNode? Read(string name, JsonValueKind kind) =>
        asked[name] is not { } value ? null
        : value.GetValueKind() == kind ? value
        : throw Wrong(name);

    private static OAuthErrorException Wrong(string name) =>
        OAuthErrorException.InvalidClientMetadata($"The {name} is of the wrong type or shape.");
}
