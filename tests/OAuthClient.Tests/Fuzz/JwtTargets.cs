using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient.Tests;

/// <summary>Reads JWTs: plain, signed and encrypted, and signed claims of any content.</summary>
internal static class JwtTargets
{
    private const string Payload = $$$"""
        {"iss":"{{{SampleConfiguration.Issuer}}}","aud":["client-id"],"azp":"client-id","sub":"alice","exp":1893500000,
        "iat":1893499200,"auth_time":1893499100,"nonce":"n","acr":"a","at_hash":"x","name":"Alice","email_verified":true,
        "address":{"formatted":"a\nb","country":"TR"},"updated_at":1311280970,"roles":["x","y"],"_claim_names":{"pay":"s1"},
        "_claim_sources":{"s1":{"endpoint":"https://bank.example/c","access_token":"t"},"s2":{"JWT":"a.b.c"} } }
        """;

    private static readonly ClientSecret Secret = new("a secret that is long enough for HS256, and HS512 too, as the specification has it");
    private static readonly AccessToken Token = new("at", SampleConfiguration.Now, null, [], []);
    private static readonly TestKey Ec = TestKey.For("ES256");
    private static readonly IReadOnlyList<JwksKey> Keys = TestKey.Set(Ec.Jwk("ec"), TestKey.Rsa.Jwk("rsa"));
    private static readonly ECDiffieHellman OwnEc = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    private static readonly IReadOnlyList<DecryptionKey> OwnKeys =
    [
        DecryptionKey.Read(DecryptionKeyTexts.Pem),
        DecryptionKey.Read(DecryptionKeyTexts.Jwk(OwnEc, "own")),
    ];

    private static readonly string Signed = Ec.Sign("ES256", """{"alg":"ES256","kid":"ec"}""", Payload);

    private static readonly UnverifiedJwt AnyEc = UnverifiedJwt.Parse(
        Ec.Sign("ES256", """{"alg":"ES256"}""", "{}"),
        JwtType.IdToken,
        ["ES256"]
    );
    private static readonly UnverifiedJwt AnyRsa = UnverifiedJwt.Parse(
        TestKey.Rsa.Sign("PS256", """{"alg":"PS256"}""", "{}"),
        JwtType.IdToken,
        ["PS256"]
    );

    public static Target Compact { get; } =
        new(
            "JWT",
            [
                Signed,
                TestKey.Rsa.Sign("PS256", """{"alg":"PS256","kid":"rsa","typ":"JWT"}""", Payload),
                TestKey.SignByHmac(Encoding.UTF8.GetBytes(Secret.Reveal()), """{"alg":"HS256"}""", Payload),
                TestJwe.Encrypt(Signed, DecryptionKeyTexts.Rsa, "RSA-OAEP-256", "A128CBC-HS256"),
                TestJwe.Encrypt(Signed, OwnEc, "ECDH-ES+A128KW", "A256GCM", "own"),
                TestJwe.Encrypt(Signed, OwnEc, "ECDH-ES", "A128GCM", "own"),
            ],
            [
                ".",
                "..",
                "=",
                Header("none"),
                Header("HS256"),
                Header("RS256"),
                Header("PBES2-HS256+A128KW"),
                Header("dir"),
                TestKey.Encode("{}"),
                TestKey.Encode("[]"),
                TestKey.Encode("""{"alg":"ES256","crit":["x"],"jku":"https://evil.example","jwk":{}}"""),
                TestKey.Encode("""{"alg":"RSA-OAEP","enc":"A128GCM","zip":"DEF"}"""),
                TestKey.Encode("""{"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}"""),
                TestKey.Encode("""{"alg":"ES256","kid":"../../etc/passwd"}"""),
            ],
            input => Verify(Encoding.UTF8.GetString(input))
        );

    public static Target Claims { get; } =
        new(
            "claims",
            [Payload],
            [
                "\"iss\":",
                "\"aud\":",
                "\"exp\":",
                "\"iat\":",
                "\"sub\":",
                "\"nonce\":",
                "\"auth_time\":",
                "\"at_hash\":",
                "\"_claim_sources\":",
                "\"address\":",
                "\"email_verified\":\"true\"",
                "\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}},\"jti\":\"j\",",
                "1e308",
                "-1e308",
                "253402300800",
                "[",
                "{\"a\":",
                "\"a\":[",
            ],
            input =>
            {
                string header = Header("HS256") + ".";
                byte[] signed = Encoding.ASCII.GetBytes(header + System.Buffers.Text.Base64Url.EncodeToString(input));
                string compact =
                    Encoding.ASCII.GetString(signed)
                    + "."
                    + System.Buffers.Text.Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret.Reveal()), signed));
                var claims = Verify(compact).Claims;
                // Each validator is called, whatever another one reports.
                Validate(() =>
                    IdTokenClaimsValidator.Validate(
                        claims,
                        SampleConfiguration.Issuer,
                        SampleConfiguration.Create(),
                        "n",
                        SampleConfiguration.Clock
                    )
                );
                Validate(() => IdTokenClaimsValidator.ValidateMaxAge(claims, TimeSpan.FromHours(1), SampleConfiguration.Clock));
                Validate(() => IdTokenClaimsValidator.ValidateAccessTokenHash(claims, "HS256", Token));
                Validate(() => IdTokenClaimsValidator.ValidateAcr(claims, ["a"]));
                IdTokenClaimsValidator.FindOtherIdentity(claims, "client-id", "alice", issuer => issuer == SampleConfiguration.Issuer);
                IdTokenClaimsValidator.FindOtherAuthentication(claims, claims);
                Validate(() =>
                    LogoutTokenValidator.Validate(
                        claims,
                        SampleConfiguration.Issuer,
                        SampleConfiguration.Create(),
                        SampleConfiguration.Clock
                    )
                );
                StandardClaims.Of(claims);
                ClaimSource.Of(claims);
                ClaimsPrincipalFactory.Create([], SampleConfiguration.Issuer, "OpenID Connect", "name", "roles", claims);
            }
        );

    public static Target KeySet { get; } =
        new(
            "key set",
            [SigningKeys.Set(Ec.Jwk("ec"), TestKey.Rsa.Jwk("rsa", "PS256")), SigningKeys.Set(TestKey.Rsa.Jwk(null, null, null))],
            [
                "\"keys\":",
                "\"kty\":",
                "\"RSA\"",
                "\"EC\"",
                "\"oct\"",
                "\"n\":",
                "\"e\":",
                "\"AQAB\"",
                "\"AAAA\"",
                "\"crv\":\"P-521\"",
                "\"x5c\":[\"AA==\"]",
                "\"key_ops\":[\"verify\"]",
                "\"k\":",
                "[",
                "{\"a\":",
                "\"a\":[",
            ],
            input =>
            {
                if (Targets.Response(input).TolerantJson() is null)
                    throw new OAuthException("No JSON object.");
                var keys = JwksParser.Read(input);
                foreach (var token in new[] { AnyEc, AnyRsa })
                {
                    _ = AsymmetricSignatureValidator.Verifies(token, AsymmetricSignatureValidator.Candidates(token, keys));
                }
            }
        );

    private static UnverifiedJwt Verify(string compact)
    {
        var token = UnverifiedJwt.Parse(
            JweDecryptor.Decrypt(compact, JwtType.IdToken, OwnKeys),
            JwtType.IdToken,
            SignatureAlgorithms.Supported
        );
        if (SignatureAlgorithms.IsSymmetric(token.Algorithm))
        {
            HmacSignatureValidator.Validate(token, Secret);
            return token;
        }
        var candidates = AsymmetricSignatureValidator.Candidates(token, Keys);
        return AsymmetricSignatureValidator.Verifies(token, candidates)
            ? token
            : throw AsymmetricSignatureValidator.Refusal(token, candidates.Count, mayPass: false);
    }

    private static void Validate(Action validation)
    {
        try
        {
            validation();
        }
        catch (OAuthException)
        {
            // A rejection is a valid result.
        }
    }

    private static string Header(string algorithm) => TestKey.Encode(new JsonObject { ["alg"] = algorithm }.ToJsonString());
}
