using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Makes logout tokens (OpenID Connect Back-Channel Logout §2.4).</summary>
internal static class LogoutTokenFactory
{
    public const string Event = "http://schemas.openid.net/event/backchannel-logout";

    // The specification wants it short; two minutes are its example.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    /// <param name="server">Who issues it.</param>
    /// <param name="client">Whom it is for.</param>
    /// <param name="issuer">The issuer of the user's ID Tokens.</param>
    /// <param name="subject">Who signed out; null to name only the session.</param>
    /// <param name="sessionId">Which session is over; null for all of the subject's.</param>
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
