using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient;

/// <summary>Parses the key set that a server publishes (RFC 7517 §5).</summary>
internal static class JwksParser
{
    private const int MaximumKeys = 100;

    /// <exception cref="OAuthProtocolException">The key set is malformed, or holds too many keys.</exception>
    public static IReadOnlyList<JwksKey> Read(ReadOnlySpan<byte> json)
    {
        IList<JsonWebKey> keys;
        try
        {
            keys = new JsonWebKeySet(Encoding.UTF8.GetString(json)).Keys;
        }
        catch (ArgumentException)
        {
            throw new OAuthProtocolException("The server's key set is malformed (RFC 7517 §5).") { IsTransient = true };
        }
        if (keys.Count > MaximumKeys)
            throw new OAuthProtocolException($"The server's key set holds more than {MaximumKeys} keys and was rejected.")
            {
                IsTransient = true,
            };
        // The framework would verify with the certificate in place of the JWK's parameters, which AsymmetricSignatureValidator checks.
        foreach (var key in keys)
            key.X5c.Clear();
        return [.. keys.Select(key => new JwksKey(key))];
    }
}
