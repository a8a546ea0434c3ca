using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Makes ID Tokens (OpenID Connect Core §2).</summary>
internal static class IdTokenFactory
{
    /// <param name="server">Who issues it.</param>
    /// <param name="grant">Whom and which client it is about.</param>
    /// <param name="issuedAccessToken">The access token it goes with, bound by <c>at_hash</c> (§3.1.3.6).</param>
    /// <param name="nonce">The request's nonce; a refreshed ID Token has none (§12.2).</param>
    /// <param name="refreshed">Whether it comes from a refresh.</param>
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
