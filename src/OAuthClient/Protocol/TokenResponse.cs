using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>What the token endpoint gave (RFC 6749 §5.1).</summary>
[JsonConverter(typeof(NonSerializableJsonConverter<TokenResponse>))]
public sealed class TokenResponse
{
    internal TokenResponse(
        AccessToken accessToken,
        RefreshToken? refreshToken,
        IdToken? idToken,
        IReadOnlyDictionary<string, JsonElement> additionalMembers
    )
    {
        AccessToken = accessToken;
        RefreshToken = refreshToken;
        IdToken = idToken;
        AdditionalMembers = additionalMembers;
    }

    /// <summary>The access token, with its lifetime and scopes.</summary>
    public AccessToken AccessToken { get; }

    /// <summary>The refresh token, when the server gave one. After a refresh without one, the old one stays good (RFC 6749 §6).</summary>
    public RefreshToken? RefreshToken { get; }

    /// <summary>The ID Token, when the server gave one. Only the one that a completed authorization keeps in its grant has been validated.</summary>
    public IdToken? IdToken { get; }

    /// <summary>The same with an ID Token that was checked, or without one that could not be.</summary>
    internal TokenResponse With(IdToken? idToken) => new(AccessToken, RefreshToken, idToken, AdditionalMembers);

    /// <summary>Members that the specifications do not name, as they came; nothing here was checked.</summary>
    public IReadOnlyDictionary<string, JsonElement> AdditionalMembers { get; }
}
