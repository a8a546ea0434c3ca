using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>A scripted server whose endpoints the client discovers, and its metadata document.</summary>
internal static class DiscoveredServer
{
    public static ScriptedServer Discovering(string issuer, Action<OAuthClientOptions>? options = null) =>
        new(o =>
        {
            o.TokenEndpoint = o.AuthorizationEndpoint = o.RevocationEndpoint = o.UserInfoEndpoint = null;
            o.Issuer = new(issuer);
            options?.Invoke(o);
        });

    public static HttpResponseMessage Document(string? issuer, Action<JsonObject>? change = null)
    {
        JsonObject json = new()
        {
            ["issuer"] = issuer,
            ["authorization_endpoint"] = "https://as.example/found/authorize",
            ["token_endpoint"] = "https://as.example/found/token",
            ["revocation_endpoint"] = "https://as.example/found/revoke",
            ["userinfo_endpoint"] = "https://as.example/found/userinfo",
            ["jwks_uri"] = "https://as.example/found/jwks",
            // Also a valid token response, because the script returns this document for each address.
            ["access_token"] = "at",
            ["token_type"] = "Bearer",
        };
        change?.Invoke(json);
        return ScriptedServer.Json(200, json.ToJsonString());
    }
}
