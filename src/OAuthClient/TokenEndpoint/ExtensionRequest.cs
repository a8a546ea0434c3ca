using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>An extension grant (RFC 6749 §4.5), with parameters the library does not know.</summary>
[JsonConverter(typeof(RefusingJsonConverter<ExtensionRequest>))]
internal sealed class ExtensionRequest : TokenRequest
{
    private readonly IReadOnlyList<KeyValuePair<string, string>> parameters;

    public ExtensionRequest(string grantType, IReadOnlyList<KeyValuePair<string, string>> parameters)
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
        if (parameters.FirstOrDefault(p => p.Key is OAuthClient.Parameters.GrantType or OAuthClient.Parameters.ClientId or OAuthClient.Parameters.ClientSecret).Key is { } reserved)
            throw new ArgumentException($"'{reserved}' is set by the library.", nameof(parameters));
        this.parameters = parameters;
    }

    internal override IReadOnlyList<string> ScopesWhenUnstated =>
        parameters.FirstOrDefault(p => p.Key == OAuthClient.Parameters.Scope).Value is { } scope ? ScopeText.Split(scope) : [];

    // What an unknown parameter holds is unknown too: none of it may come back in a message.
    internal override IReadOnlyList<string> Secrets => [.. parameters.Select(p => p.Value).Where(value => value.Length >= 8)];

    internal override IEnumerable<KeyValuePair<string, string>> Parameters() => parameters;
}
