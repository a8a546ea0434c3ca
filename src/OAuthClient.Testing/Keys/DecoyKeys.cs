using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Keys that share a kid with a good one, which RFC 7517 §4.5 allows when they are for different algorithms or uses.</summary>
internal static class DecoyKeys
{
    public static IEnumerable<JsonObject> Of(SigningKey key)
    {
        // Another algorithm for the same type of key, another type, and another use: kid alone tells none of them apart.
        yield return SigningKey.Foreign(Sibling(key.Algorithm), key.KeyId).ToJsonWebKey();
        yield return SigningKey.Foreign(SignatureAlgorithm.IsElliptic(key.Algorithm) ? "RS256" : "ES256", key.KeyId).ToJsonWebKey();
        JsonObject forEncryption = SigningKey.Foreign(key.Algorithm, key.KeyId).ToJsonWebKey();
        forEncryption["use"] = "enc";
        forEncryption["alg"] = SignatureAlgorithm.IsElliptic(key.Algorithm) ? "ECDH-ES" : "RSA-OAEP";
        yield return forEncryption;
    }

    private static string Sibling(string algorithm) =>
        algorithm switch
        {
            ['R', ..] => "PS256",
            ['P', ..] => "RS256",
            "ES256" => "ES384",
            _ => "ES256",
        };
}
