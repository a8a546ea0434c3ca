using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A refresh token for new tokens (RFC 6749 §6).</summary>
/// <param name="refreshToken">What is spent.</param>
/// <param name="scopes">Fewer scopes than granted, or <see langword="null"/> for all.</param>
/// <param name="granted">What the resource owner allowed: an absent scope in the answer means this.</param>
/// <param name="resources">For which protected resources.</param>
[JsonConverter(typeof(NonSerializableJsonConverter<RefreshTokenRequest>))]
internal sealed class RefreshTokenRequest(
    RefreshToken refreshToken,
    IReadOnlyList<string>? scopes,
    IReadOnlyList<string> granted,
    IReadOnlyList<string> resources
) : TokenRequest("refresh_token", scopes, resources)
{
    internal override IReadOnlyList<string> DefaultScopes => Scopes ?? granted;

    internal override bool AffectsOtherRequests => true;

    internal override IReadOnlyList<string> Secrets => [refreshToken.Reveal()];

    internal override IEnumerable<KeyValuePair<string, string>> Parameters() =>
        [new(OAuthClient.ParameterNames.RefreshToken, refreshToken.Reveal())];
}
