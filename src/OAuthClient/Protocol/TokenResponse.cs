using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A successful response of the token endpoint (RFC 6749 §5.1).</summary>
[JsonConverter(typeof(NonSerializableJsonConverter<TokenResponse>))]
public sealed class TokenResponse
{
    private readonly AccessToken? accessToken;

    internal TokenResponse(
        AccessToken accessToken,
        RefreshToken? refreshToken,
        IdToken? idToken,
        IReadOnlyDictionary<string, JsonElement> additionalMembers
    )
        : this(accessToken, fault: null, refreshToken, idToken, additionalMembers) { }

    /// <summary>Initializes a response whose access token may be unusable. Only a refresh uses the rest of such a response.</summary>
    internal TokenResponse(
        AccessToken? accessToken,
        OAuthProtocolException? fault,
        RefreshToken? refreshToken,
        IdToken? idToken,
        IReadOnlyDictionary<string, JsonElement> additionalMembers
    )
    {
        this.accessToken = accessToken;
        Fault = fault;
        RefreshToken = refreshToken;
        IdToken = idToken;
        ReceivedIdTokens = idToken is null ? [] : [idToken];
        AdditionalMembers = additionalMembers;
    }

    /// <summary>Gets the access token, with its lifetime and scopes.</summary>
    public AccessToken AccessToken => accessToken ?? throw Fault!;

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

    /// <summary>Gets or sets the number of the last logout token before the tokens were requested.</summary>
    internal long LogoutSequence { get; set; }

    /// <summary>Gets the members that the specifications do not define, unchanged and not validated.</summary>
    public IReadOnlyDictionary<string, JsonElement> AdditionalMembers { get; }

    /// <summary>Gets the access token; <see langword="null"/> if it cannot be used because of <see cref="Fault"/>.</summary>
    internal AccessToken? UsableAccessToken => accessToken;

    /// <summary>Gets the reason why the access token cannot be used; <see langword="null"/> if it can.</summary>
    internal OAuthProtocolException? Fault { get; }

    /// <summary>Gets each ID Token of the response. Only a malformed response has more than one.</summary>
    internal IReadOnlyList<IdToken> ReceivedIdTokens { get; init; }

    /// <summary>Gets the time at which the refresh token expires; <see langword="null"/> if the response states none.</summary>
    internal DateTimeOffset? RefreshTokenExpiresAt { get; init; }

    /// <summary>
    /// Gets the key of the proof that was presented, which a refresh token of a public client is bound to (RFC 9449 §5);
    /// <see langword="null"/> if none was.
    /// </summary>
    internal DPoPKey? ProofKey { get; init; }

    /// <summary>Creates a copy with a validated ID Token, or without an ID Token if it could not be validated.</summary>
    internal TokenResponse With(IdToken? idToken) =>
        new(accessToken, Fault, RefreshToken, idToken, AdditionalMembers)
        {
            ReceivedIdTokens = ReceivedIdTokens,
            RefreshTokenExpiresAt = RefreshTokenExpiresAt,
            ProofKey = ProofKey,
            Recipient = Recipient,
            LogoutSequence = LogoutSequence,
        };

    /// <summary>Requires that the access token can be used.</summary>
    /// <returns>This response.</returns>
    /// <exception cref="OAuthProtocolException">The access token is missing, or cannot be used.</exception>
    internal TokenResponse EnsureUsable() => Fault is null ? this : throw Fault;
}
