using System.Text.Json;

namespace OAuthClient;

/// <summary>The members of a token response (RFC 6749 §5.1), by name; what is absent is <see langword="null"/>.</summary>
internal struct TokenMembers
{
    // Ten years: beyond it a number is an error of the server, and an overflow of ours.
    public const long MaximumLifetimeSeconds = 315_360_000;

    public string? AccessToken;
    public string? TokenType;

    /// <summary>In seconds, between nothing and <see cref="MaximumLifetimeSeconds"/>.</summary>
    public long? Lifetime;

    public string? RefreshToken;
    public string? Scope;
    public string? IdToken;

    /// <summary>Copies, because the application may keep them.</summary>
    public Dictionary<string, JsonElement>? Others;

    /// <summary>
    /// Reads a response as nearly every server writes it, in one pass. Whatever is not as usual (an error, a member twice, in another type or in
    /// other members, bytes that are no JSON) is left to whoever can say what is wrong with it, if anything is.
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
            // Behind the end there must be none; the reader says so by throwing.
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
            && (Others ??= new(StringComparer.Ordinal)).TryAdd(name, JsonElement.ParseValue(ref reader));
    }
}
