using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The introspection endpoint (RFC 7662 §2) with JWT responses (RFC 9701).</summary>
internal sealed class IntrospectionEndpoint(ServerState server)
{
    public const string JwtMediaType = "application/token-introspection+jwt";

    public Reply Answer(RecordedRequest request) =>
        AuthenticatedEndpoint.Answer(
            request,
            server,
            (client, form) =>
            {
                // Authentication prevents token scanning (RFC 7662 §2.1).
                if (client.IsPublic)
                    throw OAuthErrorException.InvalidClient("A public client must not introspect tokens.");
                JsonObject response = Describe(form["token"] ?? throw OAuthErrorException.InvalidRequest("The token is missing."));
                server.Options.OnIntrospection?.Invoke(response);
                return (
                    AcceptsJwt(request) ? Reply.Text(200, Protect(client, response), JwtMediaType) : Reply.Json(200, response)
                ).NotStored();
            }
        );

    /// <summary>Returns the response for a token. The response for an invalid token contains only <c>active</c> (RFC 7662 §2.2).</summary>
    private JsonObject Describe(string value)
    {
        if (server.Grants.FindAccessToken(value) is { } access && access.IsValid(server.Now))
            return Describe(
                access.Grant,
                access.Scopes,
                access.Resources,
                access.AuthorizationDetails,
                access.IssuedAt,
                access.ExpiresAt,
                access.TokenType,
                access.Confirmation
            );
        if (server.Grants.FindRefreshToken(value) is { RedeemedAt: null, Grant.Revoked: false } refresh && server.Now < refresh.ExpiresAt)
            return Describe(
                refresh.Grant,
                refresh.Grant.Scopes,
                refresh.Grant.Resources,
                refresh.Grant.AuthorizationDetails,
                refresh.IssuedAt,
                refresh.ExpiresAt,
                tokenType: null,
                refresh.Confirmation
            );
        return new() { ["active"] = false };
    }

    private JsonObject Describe(
        IssuedGrant grant,
        IReadOnlyList<string> scopes,
        IReadOnlyList<string> resources,
        JsonArray? details,
        DateTimeOffset issuedAt,
        DateTimeOffset expiresAt,
        string? tokenType,
        Confirmation? confirmation
    )
    {
        JsonObject response = new()
        {
            ["active"] = true,
            ["client_id"] = grant.Client.ClientId,
            ["scope"] = string.Join(' ', scopes),
            ["iss"] = grant.User is { } user ? server.IssuerFor(user) : server.Issuer,
            ["sub"] = grant.User?.Subject ?? grant.Client.ClientId,
            ["iat"] = issuedAt.ToUnixTimeSeconds(),
            ["exp"] = expiresAt.ToUnixTimeSeconds(),
        };
        if (details is not null)
            response["authorization_details"] = details.DeepClone();
        if (tokenType is not null)
            response["token_type"] = tokenType;
        if (confirmation is not null)
            response["cnf"] = confirmation.ToJson();
        if (grant.User is not null)
            response["username"] = grant.User.UserName;
        if (resources is not [])
            response["aud"] = resources is [var single]
                ? single
                : new JsonArray([.. resources.Select(resource => JsonValue.Create(resource))]);
        return response;
    }

    /// <summary>Determines whether the client requests a JWT by its Accept header (RFC 9701 §4).</summary>
    private static bool AcceptsJwt(RecordedRequest request) =>
        (request.Header("Accept") ?? "")
            .Split(',')
            .Any(range => range.Split(';')[0].Trim().Equals(JwtMediaType, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Creates the JWT response. It has no <c>sub</c> and no <c>exp</c>, so that it cannot be used as an access token (RFC 9701 §5).
    /// </summary>
    private string Protect(TestClient client, JsonObject response)
    {
        JsonObject claims = new()
        {
            ["iss"] = server.Issuer,
            ["aud"] = client.ClientId,
            ["iat"] = server.Now.ToUnixTimeSeconds(),
            ["token_introspection"] = response,
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
