using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A token request that presents a refresh token (RFC 6749 §6).</summary>
/// <param name="refreshToken">The refresh token.</param>
/// <param name="scopes">A subset of the granted scopes; <see langword="null"/> for all.</param>
/// <param name="granted">The granted scopes, which apply if the response states none.</param>
/// <param name="resources">The protected resources to request tokens for.</param>
[JsonConverter(typeof(NonSerializableJsonConverter<RefreshTokenRequest>))]
internal sealed class RefreshTokenRequest(
    RefreshToken refreshToken,
    IReadOnlyList<string>? scopes,
    IReadOnlyList<string> granted,
    IReadOnlyList<string> resources
) : TokenRequest("refresh_token", scopes, resources)
{
    internal override IReadOnlyList<string> DefaultScopes => Scopes ?? granted;

    /// <summary>Gets the granted authorization details, which apply if all are requested and the response states none.</summary>
    internal AuthorizationDetails? GrantedDetails { get; init; }

    internal override AuthorizationDetails? DefaultAuthorizationDetails => AuthorizationDetails is null ? GrantedDetails : null;

    internal override bool AffectsOtherRequests => true;

    internal override IReadOnlyList<string> Secrets => [refreshToken.Reveal()];

    // The response has only tokens of the account of the refresh token, and some servers write them at the top.
    internal override bool AcceptsTokensAtTop => true;

    internal override bool OmitsResource(ServerAdaptation adaptation) => adaptation.OmitsResourceInRefreshRequests;

    internal override IReadOnlyList<KeyValuePair<string, string>> GetFurtherParameters(ClientConfiguration configuration) =>
        configuration.RefreshParameters;

    internal override IEnumerable<KeyValuePair<string, string>> Parameters() => [new(ParameterNames.RefreshToken, refreshToken.Reveal())];
}
