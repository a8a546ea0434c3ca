using System.Diagnostics;
using System.Text.Json;

namespace OAuthClient;

/// <summary>What the server says about a token (RFC 7662 §2.2). Of one that is not active nothing else is known.</summary>
[DebuggerDisplay("IntrospectedToken, active: {IsActive}")]
public sealed class IntrospectedToken
{
    internal IntrospectedToken(JsonElement claims)
    {
        IsActive =
            claims.TryGetProperty("active", out var active) && active.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? active.ValueKind == JsonValueKind.True
                : throw new OAuthProtocolException(
                    "The introspection answer's active is not true or false, so nothing is known of the token (RFC 7662 §2.2)."
                );
        Claims = claims;
        if (!IsActive)
            return;
        Scopes = claims.Text("scope") is { } scope ? ScopeList.Split(scope) : [];
        ClientId = claims.Text("client_id");
        UserName = claims.Text("username");
        TokenType = claims.Text("token_type");
        ExpiresAt = Time("exp");
        IssuedAt = Time("iat");
        NotBefore = Time("nbf");
        Subject = claims.Text("sub");
        Audience = claims.TextOrTexts("aud");
        Issuer = claims.Text("iss");
        Id = claims.Text("jti");
    }

    /// <summary>Whether the token is good: issued by this server, not expired, not revoked, and meant for whoever asks.</summary>
    public bool IsActive { get; }

    /// <summary>What it allows (<c>scope</c>); empty when the server did not say.</summary>
    public IReadOnlyList<string> Scopes { get; } = [];

    /// <summary>The client that the token was issued to.</summary>
    public string? ClientId { get; }

    /// <summary>A name of the resource owner, for people to read.</summary>
    public string? UserName { get; }

    /// <summary>How it is presented, for example <c>Bearer</c>.</summary>
    public string? TokenType { get; }

    /// <summary>When it ends (<c>exp</c>).</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>When it was issued (<c>iat</c>).</summary>
    public DateTimeOffset? IssuedAt { get; }

    /// <summary>Before when it must not be used (<c>nbf</c>).</summary>
    public DateTimeOffset? NotBefore { get; }

    /// <summary>Whom it is about: usually the resource owner's identifier at this server (<c>sub</c>).</summary>
    public string? Subject { get; }

    /// <summary>For whom it is meant (<c>aud</c>); empty when the server did not say.</summary>
    public IReadOnlyList<string> Audience { get; } = [];

    /// <summary>Who issued it (<c>iss</c>).</summary>
    public string? Issuer { get; }

    /// <summary>The token's own identifier (<c>jti</c>).</summary>
    public string? Id { get; }

    /// <summary>All that the server said of it.</summary>
    public JsonElement Claims { get; }

    /// <summary>Names no claim's value.</summary>
    public override string ToString() => $"IntrospectedToken, active: {IsActive}";

    private DateTimeOffset? Time(string name)
    {
        if (!Claims.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null)
            return null;
        if (member.ValueKind != JsonValueKind.Number || !member.TryGetDouble(out double seconds) || seconds < 0)
            throw new OAuthProtocolException($"The introspection answer's {name} is no number of seconds since 1970 (RFC 7662 §2.2).");
        // Servers write the end of the calendar, and more, for "never".
        return seconds >= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.MaxValue
            : DateTimeOffset.FromUnixTimeSeconds((long)seconds);
    }
}
