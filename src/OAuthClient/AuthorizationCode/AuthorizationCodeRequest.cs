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

    internal override IReadOnlyList<string> Secrets =>
        response.Pending.CodeVerifier is { } verifier ? [response.Code.Reveal(), verifier.Reveal()] : [response.Code.Reveal()];

    internal override IEnumerable<KeyValuePair<string, string>> Parameters()
    {
        yield return new(ParameterNames.Code, response.Code.Reveal());
        // §4.1.3: identical to the authorization request, even if the options have changed since.
        yield return new(ParameterNames.RedirectUri, response.Pending.RedirectUri);
        if (response.Pending.CodeVerifier is { } verifier)
            yield return new(ParameterNames.CodeVerifier, verifier.Reveal());
    }
}
