using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>
/// Creates unusable keys that share the <c>kid</c> of a signing key. RFC 7517 §4.5 permits this for keys with different algorithms or uses.
/// </summary>
internal static class DecoyKeys
{
    public static IEnumerable<JsonObject> CreateFor(SigningKey key)
    {
        // A different algorithm with the same key type, a different key type, and a different use.
        yield return SigningKey.Foreign(AlternativeAlgorithm(key.Algorithm), key.KeyId, key.Ed25519).ToJsonWebKey();
        yield return SigningKey.Foreign(SignatureAlgorithm.IsElliptic(key.Algorithm) ? "RS256" : "ES256", key.KeyId).ToJsonWebKey();
        JsonObject forEncryption = SigningKey.Foreign(key.Algorithm, key.KeyId, key.Ed25519).ToJsonWebKey();
        forEncryption["use"] = "enc";
        forEncryption["alg"] = SignatureAlgorithm.IsElliptic(key.Algorithm) || key.Ed25519 is not null ? "ECDH-ES" : "RSA-OAEP";
        yield return forEncryption;
    }

    private static string AlternativeAlgorithm(string algorithm) =>
        algorithm switch
        {
            ['R', ..] => "PS256",
            ['P', ..] => "RS256",
            "ES256" => "ES384",
            "EdDSA" => "Ed25519",
            "Ed25519" => "EdDSA",
            _ => "ES256",
        };
}
