using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Creates aggregated claims, and serves distributed claims (OpenID Connect Core §5.6.2).</summary>
internal sealed class ClaimsEndpoint(ServerState server)
{
    public Reply Answer(RecordedRequest request)
    {
        if (request.Method is not "GET")
            return Reply.MethodNotAllowed("GET");
        if (
            request.Header("Authorization") is not { } header
            || !header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            || server.DistributedClaims.Find(header["Bearer ".Length..].Trim()) is not { } found
        )
            return Reply
                .Json(401, new JsonObject { ["error"] = "invalid_token" })
                .NotStored()
                .With("WWW-Authenticate", "Bearer error=\"invalid_token\"");
        return Reply.Text(200, Sign(server, found.Client, found.User, found.Source), "application/jwt").NotStored();
    }

    /// <summary>Adds <c>_claim_names</c> and <c>_claim_sources</c> for a user with claim sources.</summary>
    public static void AddSources(ServerState server, TestClient client, TestUser user, JsonObject claims)
    {
        if (user.ClaimSources is [])
            return;
        JsonObject names = new();
        JsonObject sources = new();
        foreach (TestClaimSource source in user.ClaimSources)
        {
            foreach (string name in source.Claims.Keys)
                names[name] = source.Name;
            sources[source.Name] = source.Distributed
                ? new JsonObject
                {
                    ["endpoint"] = server.Address("/claims"),
                    ["access_token"] = server.DistributedClaims.Add(client, user, source),
                }
                : new JsonObject { ["JWT"] = Sign(server, client, user, source) };
        }

        claims["_claim_names"] = names;
        claims["_claim_sources"] = sources;
    }

    private static string Sign(ServerState server, TestClient client, TestUser user, TestClaimSource source)
    {
        JsonObject claims = new()
        {
            ["iss"] = server.IssuerFor(user),
            ["sub"] = user.Subject,
            ["iat"] = server.Now.ToUnixTimeSeconds(),
        };
        foreach ((string name, JsonNode? value) in source.Claims)
            claims[name] = value?.DeepClone();
        return ServerToken.Sign(server, client, server.Options.SigningAlgorithm, IssuedJwtKind.Claims, claims);
    }
}
