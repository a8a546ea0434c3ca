using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The introspection endpoint (RFC 7662 §2), which also answers by signed JWT (RFC 9701).</summary>
internal sealed class IntrospectionEndpoint(ServerState server)
{
    public const string JwtMediaType = "application/token-introspection+jwt";

    public Reply Answer(RecordedRequest request) =>
        AuthenticatedEndpoint.Answer(
            request,
            server,
            (client, form) =>
            {
                // Without authentication anybody could try out tokens (RFC 7662 §2.1).
                if (client.IsPublic)
                    throw OAuthErrorException.InvalidClient("A public client may not introspect tokens.");
                JsonObject answer = Describe(form["token"] ?? throw OAuthErrorException.InvalidRequest("The token is missing."));
                server.Options.OnIntrospection?.Invoke(answer);
                return (WantsJwt(request) ? Reply.Text(200, Protect(client, answer), JwtMediaType) : Reply.Json(200, answer)).NotStored();
            }
        );

    /// <summary>RFC 7662 §2.2: about a token that is not good nothing is said but that.</summary>
    private JsonObject Describe(string value)
    {
        if (server.Grants.FindAccessToken(value) is { } access && access.IsValid(server.Now))
            return Describe(access.Grant, access.Scopes, access.Resources, access.IssuedAt, access.ExpiresAt, "Bearer");
        if (server.Grants.FindRefreshToken(value) is { SpentAt: null, Grant.Revoked: false } refresh && server.Now < refresh.ExpiresAt)
            return Describe(
                refresh.Grant,
                refresh.Grant.Scopes,
                refresh.Grant.Resources,
                refresh.IssuedAt,
                refresh.ExpiresAt,
                tokenType: null
            );
        return new() { ["active"] = false };
    }

    private JsonObject Describe(
        IssuedGrant grant,
        IReadOnlyList<string> scopes,
        IReadOnlyList<string> resources,
        DateTimeOffset issuedAt,
        DateTimeOffset expiresAt,
        string? tokenType
    )
    {
        JsonObject answer = new()
        {
            ["active"] = true,
            ["client_id"] = grant.Client.ClientId,
            ["scope"] = string.Join(' ', scopes),
            ["iss"] = grant.User is { } user ? server.IssuerFor(user) : server.Issuer,
            ["sub"] = grant.User?.Subject ?? grant.Client.ClientId,
            ["iat"] = issuedAt.ToUnixTimeSeconds(),
            ["exp"] = expiresAt.ToUnixTimeSeconds(),
        };
        if (tokenType is not null)
            answer["token_type"] = tokenType;
        if (grant.User is not null)
            answer["username"] = grant.User.UserName;
        if (resources is not [])
            answer["aud"] = resources is [var only] ? only : new JsonArray([.. resources.Select(resource => JsonValue.Create(resource))]);
        return answer;
    }

    /// <summary>RFC 9701 §4: the client says so by Accept.</summary>
    private static bool WantsJwt(RecordedRequest request) =>
        (request.Header("Accept") ?? "")
            .Split(',')
            .Any(range => range.Split(';')[0].Trim().Equals(JwtMediaType, StringComparison.OrdinalIgnoreCase));

    /// <summary>RFC 9701 §5: no <c>sub</c> and no <c>exp</c> of its own, lest it pass for an access token.</summary>
    private string Protect(TestClient client, JsonObject answer)
    {
        JsonObject claims = new()
        {
            ["iss"] = server.Issuer,
            ["aud"] = client.ClientId,
            ["iat"] = server.Now.ToUnixTimeSeconds(),
            ["token_introspection"] = answer,
        };
        ClaimDefects.Apply(server.Options.Defect, IssuedJwtKind.Introspection, claims);
        string signed = ServerToken.Sign(
            server,
            client,
            client.IntrospectionSigningAlgorithm ?? server.Options.SigningAlgorithm,
            IssuedJwtKind.Introspection,
            claims
        );
        return ServerToken.Encrypt(signed, client, client.IntrospectionEncryptionAlgorithm, client.IntrospectionContentEncryptionAlgorithm);
    }
}
