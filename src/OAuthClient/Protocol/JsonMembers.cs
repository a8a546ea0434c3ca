using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The members of a JSON object of the server, each of which is judged only when it is read. A malformed or repeated member does not affect
/// the others.
/// </summary>
/// <remarks>
/// The rule for a member that occurs twice (RFC 8259 §4), also of <see cref="JsonElement.TryGetProperty(string, out JsonElement)"/> and of
/// a token response: its value is the last one, as for most parsers. Where a wrong value would do harm, such as that of a token, an
/// endpoint or a key, a repeated member is refused instead.
/// </remarks>
internal sealed class JsonMembers
{
    private readonly Dictionary<string, JsonElement> values = [];

    // The first values of the members that occur more than once.
    private readonly Dictionary<string, JsonElement> repeated = [];

    public JsonMembers(JsonElement json)
    {
        // In one pass, because each look-up of a member compares the names of those after it.
        foreach (var member in json.EnumerateObject())
        {
            if (StrictJson.TryGetName(member) is not { } name)
                continue;
            if (!values.TryAdd(name, member.Value))
            {
                repeated.TryAdd(name, values[name]);
                values[name] = member.Value;
            }
        }
    }

    /// <summary>Gets a member; <see langword="default"/> if it is absent. Of a repeated member it is the last.</summary>
    public JsonElement this[string name] => values.GetValueOrDefault(name);

    /// <summary>Determines whether a member occurs twice, so that it is not known which value the server means (RFC 8259 §4).</summary>
    public bool IsRepeated(string name) => repeated.ContainsKey(name);

    /// <summary>Gets a text; <see langword="null"/> if it is absent, empty, repeated or not a string.</summary>
    public string? TextIfAny(string name) => !IsRepeated(name) && StrictJson.TextIfAnyOf(this[name]) is { Length: > 0 } text ? text : null;

    /// <summary>Gets the texts of an array of strings, or a single text; <see langword="null"/> for another value.</summary>
    public IReadOnlyList<string>? TextsIfAny(string name)
    {
        if (IsRepeated(name))
            return null;
        if (TextIfAny(name) is { } single)
            return [single];
        if (this[name].ValueKind != JsonValueKind.Array)
            return null;
        var texts = new List<string>();
        foreach (var item in this[name].EnumerateArray())
        {
            if (StrictJson.TextIfAnyOf(item) is not { } text)
                return null;
            texts.Add(text);
        }
        return texts;
    }

    /// <summary>Gets the sanitized value of a member for a message.</summary>
    public string Describe(string name) =>
        repeated.TryGetValue(name, out var first) ? $"twice, as {Quote(first)} and {Quote(this[name])}" : Quote(this[name]);

    private static string Quote(JsonElement value) =>
        $"'{ServerTextSanitizer.Clean(StrictJson.TextIfAnyOf(value) ?? StrictJson.RawTextIfAny(value)) ?? "?"}'";
}
