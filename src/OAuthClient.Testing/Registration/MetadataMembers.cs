using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Reads the members of client metadata (RFC 7591 §2), validates their types and collects the registered values.</summary>
internal sealed class MetadataMembers(JsonObject requested)
{
    /// <summary>The registered metadata: supported values from the request, and defaults.</summary>
    public JsonObject Registered { get; } = new();

    public string? Text(string name, string? defaultValue = null)
    {
        string? value = Read(name, JsonValueKind.String)?.GetValue<string>() ?? defaultValue;
        if (value is not null)
            Registered[name] = value;
        return value;
    }

    public IReadOnlyList<string> Texts(string name, params string[] defaultValues)
    {
        string[] values = Read(name, JsonValueKind.Array) is JsonArray array
            ? [.. array.Select(item => item?.GetValueKind() is JsonValueKind.String ? item.GetValue<string>() : throw InvalidMember(name))]
            : defaultValues;
        if (values is not [])
            Registered[name] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
        return values;
    }

    public bool Flag(string name)
    {
        if (requested[name] is not { } value)
            return false;
        if (value.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False))
            throw InvalidMember(name);
        Registered[name] = value.DeepClone();
        return value.GetValue<bool>();
    }

    public Uri? HttpUri(string name)
    {
        if (Text(name) is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" ? uri : throw InvalidMember(name);
    }

    public JsonObject? Object(string name)
    {
        JsonObject? value = Read(name, JsonValueKind.Object)?.AsObject();
        if (value is not null)
            Registered[name] = value.DeepClone();
        return value;
    }

    /// <summary>Copies members that the server does not use.</summary>
    public void Copy(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (requested[name] is { } value)
                Registered[name] = value.DeepClone();
        }
    }

    private JsonNode? Read(string name, JsonValueKind kind) =>
        requested[name] is not { } value ? null
        : value.GetValueKind() == kind ? value
        : throw InvalidMember(name);

    private static OAuthErrorException InvalidMember(string name) =>
        OAuthErrorException.InvalidClientMetadata($"The {name} has an invalid type or format.");
}
