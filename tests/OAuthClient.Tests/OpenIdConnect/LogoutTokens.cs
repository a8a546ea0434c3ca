using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Creates logout tokens as an attacker can: well formed, for the client, and not signed by the server.</summary>
internal static class LogoutTokens
{
    /// <summary>Creates a logout token with valid claims and an invalid signature.</summary>
    /// <param name="server">The server and client that the token names.</param>
    /// <param name="keyId">The key identifier of the token.</param>
    /// <param name="change">Changes the claims.</param>
    /// <returns>The token.</returns>
    public static string Unsigned(ScriptedServer server, string keyId = "made-up", Action<JsonObject>? change = null)
    {
        long now = server.Clock.GetUtcNow().ToUnixTimeSeconds();
        JsonObject claims = new()
        {
            ["iss"] = ScriptedServer.Origin,
            ["aud"] = "client",
            ["iat"] = now,
            ["exp"] = now + 120,
            ["jti"] = Guid.NewGuid().ToString(),
            ["sub"] = "alice",
            ["events"] = new JsonObject { [OpenIdServer.LogoutEvent] = new JsonObject() },
        };
        change?.Invoke(claims);
        string header = $$"""{"alg":"RS256","typ":"logout+jwt","kid":"{{keyId}}"}""";
        return $"{Encode(header)}.{Encode(claims.ToJsonString())}.{Encode(new string('s', 256))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
