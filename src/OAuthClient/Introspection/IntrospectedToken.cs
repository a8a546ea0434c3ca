using System.Diagnostics;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Represents the response of the introspection endpoint (RFC 7662 §2.2). An inactive token has no other properties.</summary>
[DebuggerDisplay("IntrospectedToken, active: {IsActive}")]
public sealed class IntrospectedToken
{
    internal IntrospectedToken(JsonElement claims)
    {
        IsActive =
            claims.TryGetProperty("active", out var active) && active.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? active.ValueKind == JsonValueKind.True
                : throw new OAuthProtocolException("The introspection response's active is neither true nor false (RFC 7662 §2.2).");
        Claims = claims;
        if (!IsActive)
            return;
        Scopes = claims.Text("scope") is { } scope ? ScopeList.Split(scope) : [];
        AuthorizationDetails = Details(claims.Member(ParameterNames.AuthorizationDetails));
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

    /// <summary>
    /// Gets a value indicating whether the token is active (<c>active</c>): issued by this server, not expired, not revoked, and valid for
    /// the caller.
    /// </summary>
    public bool IsActive { get; }

    /// <summary>Gets the scopes of the token (<c>scope</c>); empty when the server does not state them.</summary>
    public IReadOnlyList<string> Scopes { get; } = [];

    /// <summary>
    /// Gets the authorization details of the token (<c>authorization_details</c>, RFC 9396 §9.2), as far as they concern the caller;
    /// <see langword="null"/> when the server does not state them.
    /// </summary>
    public AuthorizationDetails? AuthorizationDetails { get; }

    /// <summary>Gets the client to which the token was issued (<c>client_id</c>).</summary>
    public string? ClientId { get; }

    /// <summary>Gets the human-readable name of the resource owner (<c>username</c>).</summary>
    public string? UserName { get; }

    /// <summary>Gets the type of the token (<c>token_type</c>), for example <c>Bearer</c>.</summary>
    public string? TokenType { get; }

    /// <summary>Gets the time at which the token expires (<c>exp</c>).</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>Gets the time at which the token was issued (<c>iat</c>).</summary>
    public DateTimeOffset? IssuedAt { get; }

    /// <summary>Gets the time before which the token is not valid (<c>nbf</c>).</summary>
    public DateTimeOffset? NotBefore { get; }

    /// <summary>Gets the subject of the token (<c>sub</c>), usually the resource owner's identifier at this server.</summary>
    public string? Subject { get; }

    /// <summary>Gets the audience of the token (<c>aud</c>); empty when the server does not state it.</summary>
    public IReadOnlyList<string> Audience { get; } = [];

    /// <summary>Gets the issuer of the token (<c>iss</c>).</summary>
    public string? Issuer { get; }

    /// <summary>Gets the identifier of the token (<c>jti</c>).</summary>
    public string? Id { get; }

    /// <summary>Gets all members of the response.</summary>
    public JsonElement Claims { get; }

    /// <summary>Returns whether the token is active and no claim value.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"IntrospectedToken, active: {IsActive}";

    // Not ignored: the caller could take a token with a limit that it cannot read for one without a limit.
    private static AuthorizationDetails? Details(JsonElement member) =>
        member.IsAbsent()
            ? null
            : AuthorizationDetails.TryRead(member)
                ?? throw new OAuthProtocolException(
                    "The introspection response's authorization_details is not an array of objects with a type (RFC 9396 §9.2)."
                );

    private DateTimeOffset? Time(string name) => NumericDate.ReadIfPresent(Claims, name, JwtType.Introspection.Name);
}
