using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5). Made from a validated response, and from nothing else.</summary>
[JsonConverter(typeof(NonSerializableJsonConverter<AuthorizationCodeRequest>))]
internal sealed class AuthorizationCodeRequest(ValidatedAuthorizationResponse response)
    : TokenRequest("authorization_code", scopes: null, response.Pending.Resources)
{
    internal override IReadOnlyList<string> DefaultScopes => response.Pending.Scopes;

    internal override IReadOnlyList<string> Secrets => [response.Code.Reveal(), response.Pending.CodeVerifier.Reveal()];

    internal override IEnumerable<KeyValuePair<string, string>> Parameters() =>
        [
            new(OAuthClient.ParameterNames.Code, response.Code.Reveal()),
            // §4.1.3: the very characters of the authorization request, whatever the options say by now.
            new(OAuthClient.ParameterNames.RedirectUri, response.Pending.RedirectUri),
            new(OAuthClient.ParameterNames.CodeVerifier, response.Pending.CodeVerifier.Reveal()),
        ];
}
