using System.Collections.Frozen;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>An extension grant (RFC 6749 §4.5), with parameters the library does not know.</summary>
[JsonConverter(typeof(NonSerializableJsonConverter<ExtensionGrantRequest>))]
internal sealed class ExtensionGrantRequest : TokenRequest
{
    private static readonly FrozenSet<string> Reserved = FrozenSet.Create(
        StringComparer.Ordinal,
        OAuthClient.ParameterNames.GrantType,
        OAuthClient.ParameterNames.ClientId,
        OAuthClient.ParameterNames.ClientSecret,
        "client_assertion",
        "client_assertion_type"
    );

    // RFC 8693 §2.1, RFC 8707 §2
    private static readonly FrozenSet<string> Repeatable = FrozenSet.Create(
        StringComparer.Ordinal,
        OAuthClient.ParameterNames.Resource,
        "audience"
    );

    // RFC 8628 §3.5, CIBA §7: who polls has an interval to keep, also after a fault.
    private static readonly FrozenSet<string> Polled = FrozenSet.Create(
        StringComparer.Ordinal,
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:openid:params:grant-type:ciba"
    );

    private readonly IReadOnlyList<KeyValuePair<string, string>> parameters;

    public ExtensionGrantRequest(string grantType, IReadOnlyList<KeyValuePair<string, string>> parameters)
        : base(grantType, scopes: null, resources: [])
    {
        string? instead = grantType switch
        {
            "authorization_code" => "a code is redeemed by CompleteAuthorizationAsync, which validates the callback first",
            "client_credentials" => "use TokenRequest.ClientCredentials",
            "refresh_token" => "use TokenRequest.Refresh",
            "password" => "RFC 9700 §2.4 forbids the password grant; send the user to the authorization server instead",
            "implicit" => "RFC 9700 §2.1.2 retires the implicit grant; begin an authorization instead",
            _ => null,
        };
        if (instead is not null)
            throw new ArgumentException($"The grant type '{grantType}' is not an extension: {instead}.", nameof(grantType));
        if (parameters.FirstOrDefault(p => Reserved.Contains(p.Key)).Key is { } reserved)
            throw new ArgumentException(
                $"'{reserved}' is not for a request to set: the client authenticates as it is registered, by one method (RFC 6749 §2.3).",
                nameof(parameters)
            );
        if (
            parameters
                .GroupBy(p => p.Key, StringComparer.Ordinal)
                .FirstOrDefault(same => same.Count() > 1 && !Repeatable.Contains(same.Key))
                ?.Key is
            { } repeated
        )
            throw new ArgumentException(
                $"'{repeated}' stands twice; a parameter must not be repeated (RFC 6749 §3.2).",
                nameof(parameters)
            );
        this.parameters = parameters;
    }

    internal override RetryMode RetryMode => Polled.Contains(GrantType) ? RetryMode.Never : base.RetryMode;

    // What is polled with is the server's own; another grant, such as a token exchange, may carry what an outside caller presented.
    internal override bool AffectsOtherRequests => Polled.Contains(GrantType);

    internal override IReadOnlyList<string> DefaultScopes =>
        parameters.FirstOrDefault(p => p.Key == OAuthClient.ParameterNames.Scope).Value is { } scope ? ScopeList.Split(scope) : [];

    // What an unknown parameter holds is unknown too: none of it may come back in a message.
    internal override IReadOnlyList<string> Secrets => [.. parameters.Select(p => p.Value).Where(value => value.Length >= 8)];

    internal override IEnumerable<KeyValuePair<string, string>> Parameters() => parameters;
}
