using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Signs the JWTs of the server, and encrypts them if the client registered an encryption algorithm.</summary>
internal static class ServerToken
{
    /// <summary>Signs a JWT.</summary>
    /// <param name="server">The server that signs.</param>
    /// <param name="client">The client, whose secret is the key for HS256.</param>
    /// <param name="algorithm">The signing algorithm.</param>
    /// <param name="kind">The purpose of the token.</param>
    /// <param name="claims">The claims.</param>
    public static string Sign(ServerState server, TestClient client, string algorithm, IssuedJwtKind kind, JsonObject claims)
    {
        JsonObject header = new() { ["alg"] = algorithm, ["typ"] = Type(kind) };
        Func<byte[], byte[]> sign;
        if (algorithm is SignatureAlgorithm.Hmac)
        {
            sign = JsonWebSignature.Hmac(client.ClientSecret!);
        }
        else
        {
            if (server.Options.RotateSigningKeyBeforeSigning)
                server.RotateKeys(keepPrevious: false);
            SigningKey key = server.Keys.Current(algorithm);
            if (server.Options.SendKeyId)
                header["kid"] = key.KeyId;
            sign = key.Sign;
        }

        if (kind is IssuedJwtKind.IdToken)
            server.Options.OnIdTokenHeader?.Invoke(header);
        return SignatureDefects.Sign(server, kind, algorithm, header, claims, sign) ?? JsonWebSignature.Create(header, claims, sign);
    }

    /// <summary>
    /// Encrypts a signed JWT or unsigned claims to the client (RFC 7519 §11.2). Without an algorithm, the content is returned unchanged.
    /// </summary>
    public static string Encrypt(
        string content,
        TestClient client,
        string? algorithm,
        string? contentAlgorithm,
        string? contentType = "JWT"
    ) =>
        algorithm is null
            ? content
            : JsonWebEncryption.Encrypt(
                Encoding.UTF8.GetBytes(content),
                algorithm,
                contentAlgorithm ?? "A128CBC-HS256",
                JsonWebEncryption.FindRecipient(client.PublicKeys, algorithm)!,
                contentType
            );

    private static string Type(IssuedJwtKind kind) =>
        kind switch
        {
            IssuedJwtKind.Introspection => "token-introspection+jwt",
            IssuedJwtKind.LogoutToken => "logout+jwt",
            _ => "JWT",
        };
}
