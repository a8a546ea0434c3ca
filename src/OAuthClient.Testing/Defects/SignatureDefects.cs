using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Applies defects to the header, the key and the signature of a JWT.</summary>
internal static class SignatureDefects
{
    private const string ForeignKeyId = "foreign";

    // Shared by the process, because the public key is requested after the token was signed.
    private static readonly Lazy<SigningKey> Foreign = new(() => SigningKey.Foreign("RS256", ForeignKeyId));

    /// <summary>Returns the algorithms that a defect uses in addition to the registered ones.</summary>
    public static IEnumerable<string> ExtraAlgorithms(Defect defect) =>
        defect is Defect.IdTokenOtherAlgorithm or Defect.LogoutTokenOtherAlgorithm ? ["ES256", "RS256"] : [];

    /// <summary>Signs a token with its defect.</summary>
    /// <returns>The token; null if the defect does not affect its signature.</returns>
    public static string? Sign(
        ServerState server,
        IssuedJwtKind kind,
        string algorithm,
        JsonObject header,
        JsonObject claims,
        Func<byte[], byte[]> sign
    )
    {
        switch ((kind, server.Options.Defect))
        {
            case
            (IssuedJwtKind.IdToken, Defect.IdTokenUnsigned)
            or
            (IssuedJwtKind.UserInfo, Defect.UserInfoUnsigned)
            or
            (IssuedJwtKind.Introspection, Defect.IntrospectionUnsigned)
            or
            (IssuedJwtKind.AuthorizationResponse, Defect.SignedResponseUnsigned)
            or (IssuedJwtKind.LogoutToken, Defect.LogoutTokenUnsigned):
                header["alg"] = "none";
                header.Remove("kid");
                return JsonWebSignature.Create(header, claims, _ => []);
            case
            (IssuedJwtKind.IdToken, Defect.IdTokenBadSignature)
            or
            (IssuedJwtKind.UserInfo, Defect.UserInfoBadSignature)
            or
            (IssuedJwtKind.Introspection, Defect.IntrospectionBadSignature)
            or
            (IssuedJwtKind.AuthorizationResponse, Defect.SignedResponseBadSignature)
            or (IssuedJwtKind.LogoutToken, Defect.LogoutTokenBadSignature):
                return JsonWebSignature.Create(header, claims, input => Corrupt(sign(input)));
            case (IssuedJwtKind.IdToken, Defect.IdTokenOtherAlgorithm) or (IssuedJwtKind.LogoutToken, Defect.LogoutTokenOtherAlgorithm):
                SigningKey other = server.Keys.Current(algorithm is "ES256" ? "RS256" : "ES256");
                (header["alg"], header["kid"]) = (other.Algorithm, other.KeyId);
                return JsonWebSignature.Create(header, claims, other.Sign);
            case (IssuedJwtKind.IdToken, Defect.IdTokenUnknownKey):
                return SignWithForeignKey(header, claims, name: null, value: null);
            case (IssuedJwtKind.IdToken, Defect.IdTokenKeyByUrl):
                return SignWithForeignKey(header, claims, "jku", server.Address("/foreign-keys"));
            case (IssuedJwtKind.IdToken, Defect.IdTokenCertificateByUrl):
                return SignWithForeignKey(header, claims, "x5u", server.Address("/foreign-certificate"));
            case (IssuedJwtKind.IdToken, Defect.IdTokenEmbeddedKey):
                return SignWithForeignKey(header, claims, "jwk", Foreign.Value.ToJsonWebKey());
            case (IssuedJwtKind.IdToken, Defect.IdTokenHmacWithPublicKeyPem):
                return SignWithPublicKeyAsSecret(server, algorithm, header, claims, key => key.ToPem());
            case (IssuedJwtKind.IdToken, Defect.IdTokenHmacWithPublicKeyJwk):
                return SignWithPublicKeyAsSecret(server, algorithm, header, claims, key => key.ToJsonWebKey().ToJsonString());
            case (IssuedJwtKind.IdToken, Defect.IdTokenCriticalExtension):
                header["crit"] = new JsonArray("urn:example:extension");
                header["urn:example:extension"] = true;
                return JsonWebSignature.Create(header, claims, sign);
            case (IssuedJwtKind.IdToken, Defect.IdTokenDuplicateIssuer):
                string payload = "{\"iss\":\"" + ClaimDefects.OtherIssuer + "\"," + claims.ToJsonString()[1..];
                return JsonWebSignature.Create(header, Encoding.UTF8.GetBytes(payload), sign);
            case (IssuedJwtKind.Introspection, Defect.IntrospectionWrongType):
                header["typ"] = "JWT";
                return JsonWebSignature.Create(header, claims, sign);
            case (IssuedJwtKind.LogoutToken, Defect.LogoutTokenWrongType):
                header["typ"] = "at+jwt";
                return JsonWebSignature.Create(header, claims, sign);
            default:
                return null;
        }
    }

    /// <summary>Returns the key or the certificate to which <c>jku</c> and <c>x5u</c> refer.</summary>
    public static Reply ForeignKeys(RecordedRequest request)
    {
        if (request.Method is not ("GET" or "HEAD"))
            return Reply.MethodNotAllowed("GET, HEAD");
        return request.Path.EndsWith("/foreign-keys", StringComparison.Ordinal)
            ? Reply.Json(200, new JsonObject { ["keys"] = new JsonArray(Foreign.Value.ToJsonWebKey()) })
            : Reply.Text(200, Foreign.Value.ToCertificatePem(), "application/pem-certificate-chain");
    }

    private static string SignWithForeignKey(JsonObject header, JsonObject claims, string? name, JsonNode? value)
    {
        (header["alg"], header["kid"]) = (Foreign.Value.Algorithm, ForeignKeyId);
        if (name is not null)
            header[name] = value;
        return JsonWebSignature.Create(header, claims, Foreign.Value.Sign);
    }

    private static string SignWithPublicKeyAsSecret(
        ServerState server,
        string algorithm,
        JsonObject header,
        JsonObject claims,
        Func<SigningKey, string> secret
    )
    {
        SigningKey key = server.Keys.Current(algorithm is SignatureAlgorithm.Hmac ? "RS256" : algorithm);
        header["alg"] = SignatureAlgorithm.Hmac;
        return JsonWebSignature.Create(header, claims, JsonWebSignature.Hmac(secret(key)));
    }

    private static byte[] Corrupt(byte[] signature)
    {
        signature[signature.Length / 2] ^= 1;
        return signature;
    }
}
