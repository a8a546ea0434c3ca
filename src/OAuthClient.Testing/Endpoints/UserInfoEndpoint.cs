using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The UserInfo endpoint (OpenID Connect Core §5.3).</summary>
internal sealed class UserInfoEndpoint(ServerState server)
{
    public Reply Answer(RecordedRequest request) =>
        request.Method is not ("GET" or "POST")
            ? Reply.MethodNotAllowed("GET, POST")
            : AccessTokenVerifier.Check(
                request,
                server.Issuer,
                server,
                server.DPoP,
                "openid",
                _ => true,
                token =>
                {
                    TestClient client = server.Current(token.Grant.Client);
                    JsonObject claims = Claims(token.Grant.User!, token.Scopes);
                    ClaimsEndpoint.AddSources(server, client, token.Grant.User!, claims);
                    if (client.UserInfoSigningAlgorithm is not null)
                    {
                        claims["iss"] = server.IssuerFor(token.Grant.User!);
                        claims["aud"] = client.ClientId;
                    }

                    ClaimDefects.Apply(server.Options.Defect, IssuedJwtKind.UserInfo, claims);
                    server.Options.OnUserInfo?.Invoke(claims);
                    return (
                        client.ReturnsUserInfoAsJwt ? Reply.Text(200, Protect(client, claims), "application/jwt") : Reply.Json(200, claims)
                    ).NotStored();
                }
            );

    public static JsonObject Claims(TestUser user, IReadOnlyList<string> scopes)
    {
        JsonObject claims = new() { ["sub"] = user.Subject };
        foreach ((string name, JsonNode? value) in user.Claims)
        {
            if (scopes.Contains(ScopeOf(name)))
                claims[name] = value?.DeepClone();
        }

        return claims;
    }

    /// <summary>Signs the claims, encrypts them, or signs and then encrypts them (OpenID Connect Core §5.3.2).</summary>
    private string Protect(TestClient client, JsonObject claims)
    {
        (string content, string? contentType) = client.UserInfoSigningAlgorithm is { } algorithm
            ? (ServerToken.Sign(server, client, algorithm, IssuedJwtKind.UserInfo, claims), "JWT")
            : (claims.ToJsonString(), null);
        return ServerToken.Encrypt(
            content,
            client,
            client.UserInfoEncryptionAlgorithm,
            client.UserInfoContentEncryptionAlgorithm,
            contentType
        );
    }

    /// <summary>Returns the scope that a claim requires (OpenID Connect Core §5.4).</summary>
    private static string ScopeOf(string claim) =>
        claim switch
        {
            "name"
            or "family_name"
            or "given_name"
            or "middle_name"
            or "nickname"
            or "preferred_username"
            or "profile"
            or "picture"
            or "website"
            or "gender"
            or "birthdate"
            or "zoneinfo"
            or "locale"
            or "updated_at" => "profile",
            "email" or "email_verified" => "email",
            "address" => "address",
            "phone_number" or "phone_number_verified" => "phone",
            _ => "openid",
        };
}
