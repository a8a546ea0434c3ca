using System.Text.Json;

namespace OAuthClient;

/// <summary>The members of a token response (RFC 6749 §5.1). An absent member is <see langword="null"/>.</summary>
internal struct TokenMembers
{
    // Ten years. A longer lifetime is an error of the server and could cause an overflow.
    public const long MaximumLifetimeSeconds = 315_360_000;

    public string? AccessToken;
    public string? TokenType;

    /// <summary>The lifetime in seconds, from 0 to <see cref="MaximumLifetimeSeconds"/>.</summary>
    public long? Lifetime;

    public string? RefreshToken;
    public string? Scope;
    public string? IdToken;

    /// <summary>The other members. They are copies, because the application may keep them.</summary>
    public Dictionary<string, JsonElement>? AdditionalMembers;

    /// <summary>
    /// Reads a well-formed response in one pass. For any other response (an error, a repeated member, a member of another type, invalid
    /// JSON) it returns <see langword="false"/>, and the caller reads the response in full and reports errors.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out TokenMembers members)
    {
        members = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!members.TryAdd(ref reader))
                    return false;
            }
            // The reader throws if there are data after the end.
            return !reader.Read();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private bool TryAdd(ref Utf8JsonReader reader)
    {
        if (reader.ValueIsEscaped)
            return false;
        if (reader.ValueTextEquals("access_token"u8))
            return TryText(ref reader, ref AccessToken);
        if (reader.ValueTextEquals("token_type"u8))
            return TryType(ref reader);
        if (reader.ValueTextEquals("expires_in"u8))
            return TryLifetime(ref reader);
        if (reader.ValueTextEquals("refresh_token"u8))
            return TryText(ref reader, ref RefreshToken);
        if (reader.ValueTextEquals("scope"u8))
            return TryText(ref reader, ref Scope);
        if (reader.ValueTextEquals("id_token"u8))
            return TryText(ref reader, ref IdToken);
        return !reader.ValueTextEquals("error"u8) && TryOther(ref reader);
    }

    private static bool TryText(ref Utf8JsonReader reader, ref string? text)
    {
        if (text is not null || !reader.Read() || reader.TokenType != JsonTokenType.String)
            return false;
        text = reader.GetString();
        return text!.Length > 0;
    }

    private bool TryType(ref Utf8JsonReader reader)
    {
        if (TokenType is not null || !reader.Read() || reader.TokenType != JsonTokenType.String)
            return false;
        TokenType = reader.ValueTextEquals("Bearer"u8) ? "Bearer" : reader.GetString();
        return TokenType!.Length > 0;
    }

    private bool TryLifetime(ref Utf8JsonReader reader)
    {
        if (Lifetime is not null || !reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long seconds))
            return false;
        Lifetime = Math.Clamp(seconds, 0, MaximumLifetimeSeconds);
        return true;
    }

    private bool TryOther(ref Utf8JsonReader reader)
    {
        string name = reader.GetString()!;
        return reader.Read()
            && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)
            && (AdditionalMembers ??= new(StringComparer.Ordinal)).TryAdd(name, JsonElement.ParseValue(ref reader));
    }
}
