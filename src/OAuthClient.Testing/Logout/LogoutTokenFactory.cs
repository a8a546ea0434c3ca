using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Creates logout tokens (OpenID Connect Back-Channel Logout §2.4).</summary>
internal static class LogoutTokenFactory
{
    public const string Event = "http://schemas.openid.net/event/backchannel-logout";

    // OpenID Connect Back-Channel Logout §4 recommends at most two minutes.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    /// <summary>Creates a logout token.</summary>
    /// <param name="server">The server that issues the token.</param>
    /// <param name="client">The client that is the audience.</param>
    /// <param name="issuer">The issuer of the user's ID Tokens.</param>
    /// <param name="subject">The subject; null to identify only the session.</param>
    /// <param name="sessionId">The session identifier; null for all sessions of the subject.</param>
    public static string Create(ServerState server, TestClient client, string issuer, string? subject, string? sessionId)
    {
        JsonObject claims = new()
        {
            ["iss"] = issuer,
            ["aud"] = client.ClientId,
            ["iat"] = server.Now.ToUnixTimeSeconds(),
            ["exp"] = (server.Now + Lifetime).ToUnixTimeSeconds(),
            ["jti"] = Randomness.Token(),
            ["events"] = new JsonObject { [Event] = new JsonObject() },
        };
        if (subject is not null)
            claims["sub"] = subject;
        if (sessionId is not null)
            claims["sid"] = sessionId;
        ClaimDefects.Apply(server.Options.Defect, IssuedJwtKind.LogoutToken, claims);
        server.Options.OnLogoutTokenClaims?.Invoke(claims);
        string signed = ServerToken.Sign(
            server,
            client,
            client.IdTokenSigningAlgorithm ?? server.Options.SigningAlgorithm,
            IssuedJwtKind.LogoutToken,
            claims
        );
        return ServerToken.Encrypt(signed, client, client.IdTokenEncryptionAlgorithm, client.IdTokenContentEncryptionAlgorithm);
    }
}
