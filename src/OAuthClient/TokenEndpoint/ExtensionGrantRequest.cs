using System.Collections.Frozen;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>A token request of an extension grant (RFC 6749 §4.5), whose parameters the library does not know.</summary>
[JsonConverter(typeof(NonSerializableJsonConverter<ExtensionGrantRequest>))]
internal sealed class ExtensionGrantRequest : TokenRequest
{
    private static readonly FrozenSet<string> Reserved = FrozenSet.Create(
        StringComparer.Ordinal,
        ParameterNames.GrantType,
        ParameterNames.ClientId,
        ParameterNames.ClientSecret,
        "client_assertion",
        "client_assertion_type"
    );

    // RFC 8693 §2.1, RFC 8707 §2
    private static readonly FrozenSet<string> Repeatable = FrozenSet.Create(StringComparer.Ordinal, ParameterNames.Resource, "audience");

    private readonly IReadOnlyList<KeyValuePair<string, string>> parameters;

    public ExtensionGrantRequest(string grantType, IReadOnlyList<KeyValuePair<string, string>> parameters)
        : base(grantType, scopes: null, resources: [])
    {
        string? alternative = grantType switch
        {
            "authorization_code" => "a code is redeemed by CompleteAuthorizationAsync, which validates the callback first",
            "client_credentials" => "use TokenRequest.ClientCredentials",
            "refresh_token" => "use TokenRequest.Refresh",
            "password" => "RFC 9700 §2.4 forbids the password grant; send the user to the authorization server instead",
            "implicit" => "RFC 9700 §2.1.2 advises against the implicit grant; begin an authorization instead",
            _ => null,
        };
        if (alternative is not null)
            throw new ArgumentException($"The grant type '{grantType}' is not an extension: {alternative}.", nameof(grantType));
        if (parameters.FirstOrDefault(p => Reserved.Contains(p.Key)).Key is { } reserved)
            throw new ArgumentException(
                $"'{reserved}' must not be set: the library sets it, and the client authenticates by one method (RFC 6749 §2.3).",
                nameof(parameters)
            );
        if (parameters.GroupBy(p => p.Key).FirstOrDefault(same => same.Count() > 1 && !Repeatable.Contains(same.Key))?.Key is { } repeated)
            throw new ArgumentException(
                $"'{repeated}' occurs twice; a parameter must not be repeated (RFC 6749 §3.2).",
                nameof(parameters)
            );
        if (parameters.FirstOrDefault(p => p.Key == ParameterNames.AuthorizationDetails).Value is { } details)
            AuthorizationDetails.Parse(details);
        this.parameters = parameters;
    }

    internal override IReadOnlyList<string> DefaultScopes =>
        parameters.FirstOrDefault(p => p.Key == ParameterNames.Scope).Value is { } scope ? ScopeList.Split(scope) : [];

    internal override IEnumerable<KeyValuePair<string, string>> Parameters() => parameters;
}
