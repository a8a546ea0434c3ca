using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The members of one object of a token response (RFC 6749 §5.1). If a member occurs twice, the last one is used by the rule of
/// <see cref="JsonMembers"/>; it is recorded which tokens occur twice, because it is then not known which of them the server means.
/// </summary>
internal sealed class TokenMembers
{
    private TokenMembers() { }

    public JsonElement AccessToken { get; private set; }
    public JsonElement TokenType { get; private set; }
    public JsonElement ExpiresIn { get; private set; }
    public JsonElement RefreshToken { get; private set; }
    public JsonElement Scope { get; private set; }
    public JsonElement AuthorizationDetails { get; private set; }
    public JsonElement Error { get; private set; }

    /// <summary>Gets each <c>id_token</c>.</summary>
    public List<JsonElement> IdTokens { get; } = [];

    /// <summary>Gets the other members by their names. They are not copied.</summary>
    public Dictionary<string, JsonElement> Others { get; } = [];

    /// <summary>Gets the name of a token, or of the error, that occurs twice; <see langword="null"/> if none does.</summary>
    public string? Doubtful { get; private set; }

    /// <summary>Gets a value indicating whether any member occurs twice.</summary>
    public bool IsAnyRepeated { get; private set; }

    /// <summary>
    /// Gets a value indicating whether the object states an error. Some serializers write the member with a value that means nothing.
    /// </summary>
    public bool HasError =>
        Error.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False => false,
            JsonValueKind.String => StrictJson.TextIfAnyOf(Error) is not "",
            JsonValueKind.Number => Error.GetRawText() != "0",
            JsonValueKind.Object => Error.EnumerateObject().Any(),
            JsonValueKind.Array => Error.GetArrayLength() > 0,
            _ => true,
        };

    /// <summary>Gets a value indicating whether the name of a member is not valid Unicode.</summary>
    public bool IsAnyUnreadable { get; private set; }

    /// <summary>Reads the members of an object.</summary>
    public static TokenMembers Read(JsonElement json)
    {
        TokenMembers members = new();
        // In one pass, because each look-up of a member compares the names of those after it.
        foreach (var member in json.EnumerateObject())
        {
            if (StrictJson.TryGetName(member) is { } name)
                members.Add(name, member.Value);
            else
                members.IsAnyUnreadable = true;
        }
        return members;
    }

    /// <summary>Gets the first of some other members that is present; <see langword="default"/> if none is.</summary>
    public JsonElement First(IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            if (Others.TryGetValue(name, out var member) && !member.IsAbsent())
                return member;
        }
        return default;
    }

    private void Add(string name, JsonElement value)
    {
        switch (name)
        {
            case ParameterNames.AccessToken:
                AccessToken = Only(AccessToken, name, value);
                break;
            case ParameterNames.RefreshToken:
                RefreshToken = Only(RefreshToken, name, value);
                break;
            case ParameterNames.IdToken:
                if (IdTokens.Count > 0)
                    Doubtful ??= name;
                IdTokens.Add(value);
                break;
            case ParameterNames.Error:
                Error = Only(Error, name, value);
                break;
            case ParameterNames.TokenType:
                TokenType = Last(TokenType, value);
                break;
            case ParameterNames.ExpiresIn:
                ExpiresIn = Last(ExpiresIn, value);
                break;
            case ParameterNames.Scope:
                Scope = Last(Scope, value);
                break;
            case ParameterNames.AuthorizationDetails:
                AuthorizationDetails = Last(AuthorizationDetails, value);
                break;
            default:
                IsAnyRepeated |= !Others.TryAdd(name, value);
                Others[name] = value;
                break;
        }
    }

    private JsonElement Only(JsonElement earlier, string name, JsonElement value)
    {
        if (earlier.ValueKind != JsonValueKind.Undefined)
            Doubtful ??= name;
        return value;
    }

    private JsonElement Last(JsonElement earlier, JsonElement value)
    {
        IsAnyRepeated |= earlier.ValueKind != JsonValueKind.Undefined;
        return value;
    }
}
