using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>
/// A scripted server with an issuer and an RSA key, at which the user alice has signed in, for responses that are JWTs.
/// </summary>
internal static class SignedServer
{
    public const string Issuer = ScriptedServer.Origin;

    public static readonly DateTimeOffset Now = new ManualTimeProvider().GetUtcNow();

    public static async Task<ScriptedServer> SignedInAsync(Action<OAuthClientOptions>? options = null)
    {
        ScriptedServer server = new(o =>
        {
            o.Issuer = new(Issuer);
            o.JwksUri = new(ScriptedServer.Origin + "/jwks");
            options?.Invoke(o);
        });
        string idToken = Sign(Claims(("aud", "client"), ("exp", Now.AddMinutes(5).ToUnixTimeSeconds()), ("iat", Now.ToUnixTimeSeconds())));
        server.Answers(sentRequest =>
            sentRequest.Uri.AbsolutePath == "/jwks"
                ? Keys()
                : ScriptedServer.Json(200, $$"""{"access_token":"the-access-token","token_type":"Bearer","id_token":"{{idToken}}"}""")
        );
        await server.SignInAsync();
        return server;
    }

    /// <summary>Sets the response for each request except those to the key set.</summary>
    public static void Says(this ScriptedServer server, string body, string mediaType = "application/jwt", int status = 200) =>
        server.Answers(sentRequest => sentRequest.Uri.AbsolutePath == "/jwks" ? Keys() : ScriptedServer.Text(status, body, mediaType));

    public static JsonObject Claims(params (string Name, JsonNode? Value)[] further)
    {
        JsonObject claims = new() { ["iss"] = Issuer, ["sub"] = "alice" };
        foreach (var (name, value) in further)
            claims[name] = value;
        return claims;
    }

    public static string Sign(JsonObject claims, string header = "{\"alg\":\"RS256\",\"kid\":\"key-1\"}") =>
        TestKey.Rsa.Sign("RS256", header, claims.ToJsonString());

    private static HttpResponseMessage Keys() => ScriptedServer.Json(200, SigningKeys.Set(TestKey.Rsa.Jwk()));
}
