using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Makes ID Tokens (OpenID Connect Core §2).</summary>
internal static class IdToken
{
    /// <param name="server">Who issues it.</param>
    /// <param name="grant">Whom and which client it is about.</param>
    /// <param name="accessToken">The access token it goes with, bound by <c>at_hash</c> (§3.1.3.6).</param>
    /// <param name="nonce">The request's nonce; a refreshed ID Token has none (§12.2).</param>
    public static string Create(ServerState server, IssuedGrant grant, AccessToken accessToken, string? nonce)
    {
        DateTimeOffset now = server.Now;
        JsonObject claims = new()
        {
            ["iss"] = server.Issuer,
            ["sub"] = grant.User!.Subject,
            ["aud"] = grant.Client.ClientId,
            ["exp"] = (now + server.Options.IdTokenLifetime).ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["auth_time"] = grant.AuthenticatedAt.ToUnixTimeSeconds(),
            ["at_hash"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken.Value)).AsSpan(0, 16)),
        };
        if (nonce is not null)
            claims["nonce"] = nonce;
        server.Options.OnIdTokenClaims?.Invoke(claims);
        return server.Keys.Current(server.Options.SigningAlgorithm).Sign(claims);
    }
}
