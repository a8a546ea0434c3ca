using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient;

/// <summary>Reads public keys that signers state as JWKs (RFC 7517).</summary>
internal static class PublicJwk
{
    /// <summary>
    /// Returns the required members of a key in lexicographic order, as RFC 7638 §3.2 hashes them. Other members, such as a private key
    /// that an <see cref="ISigner"/> states by mistake, are left out.
    /// </summary>
    /// <param name="jwk">The JWK.</param>
    /// <returns>The JSON text without white space.</returns>
    /// <exception cref="FormatException">The text is not a public key of type EC, RSA or OKP.</exception>
    public static string WithRequiredMembers(string jwk)
    {
        var key = StrictJson.TryParseObject(Encoding.UTF8.GetBytes(jwk)) ?? throw Malformed();
        string[] names = key.TextIfAny("kty") switch
        {
            "EC" => ["crv", "kty", "x", "y"],
            "RSA" => ["e", "kty", "n"],
            "OKP" => ["crv", "kty", "x"],
            _ => throw Malformed(),
        };
        return new JsonObject([
            .. names.Select(name => KeyValuePair.Create<string, JsonNode?>(name, key.TextIfAny(name) ?? throw Malformed())),
        ]).ToJsonString();
    }

    private static FormatException Malformed() =>
        new("ISigner.PublicJwk is not a public key of type EC, RSA or OKP with its required members (RFC 7517 §4, RFC 7638 §3.2).");
}
