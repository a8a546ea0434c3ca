using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A successful response of the token endpoint (RFC 6749 §5.1).</summary>
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

    /// <summary>Gets the access token, with its lifetime and scopes.</summary>
    public AccessToken AccessToken { get; }

    /// <summary>
    /// Gets the refresh token; <see langword="null"/> if the response has none. After a refresh without one, the previous refresh token
    /// remains valid (RFC 6749 §6).
    /// </summary>
    public RefreshToken? RefreshToken { get; }

    /// <summary>
    /// Gets the ID Token; <see langword="null"/> if the response has none. It has not been validated; only the ID Token of a stored grant
    /// has been.
    /// </summary>
    public IdToken? IdToken { get; }

    /// <summary>Gets or sets the server that sent the response, and the client that received it.</summary>
    internal (string ServerId, string ClientId)? Recipient { get; set; }

    /// <summary>Creates a copy with a validated ID Token, or without an ID Token if it could not be validated.</summary>
    internal TokenResponse With(IdToken? idToken) => new(AccessToken, RefreshToken, idToken, AdditionalMembers);

    /// <summary>Gets the members that the specifications do not define, unchanged and not validated.</summary>
    public IReadOnlyDictionary<string, JsonElement> AdditionalMembers { get; }
}
