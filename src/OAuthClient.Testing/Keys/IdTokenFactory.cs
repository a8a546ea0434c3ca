using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Creates ID Tokens (OpenID Connect Core §2).</summary>
internal static class IdTokenFactory
{
    /// <summary>Creates an ID Token.</summary>
    /// <param name="server">The server that issues the token.</param>
    /// <param name="grant">The grant with the user and the client.</param>
    /// <param name="issuedAccessToken">The access token for <c>at_hash</c> (§3.1.3.6).</param>
    /// <param name="nonce">The nonce of the request; null for a refresh (§12.2).</param>
    /// <param name="refreshed">A value indicating whether the token is issued for a refresh.</param>
    public static string Create(ServerState server, IssuedGrant grant, IssuedAccessToken issuedAccessToken, string? nonce, bool refreshed)
    {
        TestClient client = server.Current(grant.Client);
        string algorithm = client.IdTokenSigningAlgorithm ?? server.Options.SigningAlgorithm;
        DateTimeOffset now = server.Now;
        JsonObject claims = new()
        {
            ["iss"] = server.IssuerFor(grant.User!),
            ["sub"] = grant.User!.Subject,
            ["aud"] = client.ClientId,
            ["exp"] = (now + server.Options.IdTokenLifetime).ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["auth_time"] = grant.AuthenticatedAt.ToUnixTimeSeconds(),
            ["at_hash"] = Base64Url.EncodeToString(
                SignatureAlgorithm.LeftHalfOfHash(algorithm, Encoding.ASCII.GetBytes(issuedAccessToken.Value))
            ),
        };
        if (nonce is not null)
            claims["nonce"] = nonce;
        if (grant.SessionId is not null)
            claims["sid"] = grant.SessionId;
        if (grant.Acr is not null)
            claims["acr"] = grant.Acr;
        if (server.Options.SendAuthorizedParty)
            claims["azp"] = client.ClientId;
        if (server.IssuerTemplate is not null)
            claims["tid"] = grant.User.Tenant;
        ClaimDefects.Apply(server.Options.Defect, IssuedJwtKind.IdToken, claims, refreshed);
        server.Options.OnIdTokenClaims?.Invoke(claims);
        return ServerToken.Encrypt(
            ServerToken.Sign(server, client, algorithm, IssuedJwtKind.IdToken, claims),
            client,
            client.IdTokenEncryptionAlgorithm,
            client.IdTokenContentEncryptionAlgorithm
        );
    }
}
