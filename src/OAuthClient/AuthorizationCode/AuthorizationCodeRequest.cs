using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// A token request that redeems an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5). It can be created from a validated response only.
/// </summary>
[JsonConverter(typeof(NonSerializableJsonConverter<AuthorizationCodeRequest>))]
internal sealed class AuthorizationCodeRequest(ValidatedAuthorizationResponse response)
    : TokenRequest("authorization_code", scopes: null, response.Pending.Resources)
{
    internal override IReadOnlyList<string> DefaultScopes => response.Pending.Scopes;

    internal override IReadOnlyList<string> Secrets => [response.Code.Reveal(), response.Pending.CodeVerifier.Reveal()];

    internal override IEnumerable<KeyValuePair<string, string>> Parameters() =>
        [
            new(OAuthClient.ParameterNames.Code, response.Code.Reveal()),
            // §4.1.3: identical to the authorization request, even if the options have changed since.
            new(OAuthClient.ParameterNames.RedirectUri, response.Pending.RedirectUri),
            new(OAuthClient.ParameterNames.CodeVerifier, response.Pending.CodeVerifier.Reveal()),
        ];
}
