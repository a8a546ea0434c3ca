using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient;

/// <summary>A key set as the server publishes it (RFC 7517 §5).</summary>
internal static class JwksParser
{
    private const int MaximumKeys = 100;

    /// <exception cref="OAuthProtocolException">It is malformed, or holds far too many keys.</exception>
    public static IReadOnlyList<JsonWebKey> Read(ReadOnlySpan<byte> json)
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
            throw new OAuthProtocolException($"The server's key set holds more than {MaximumKeys} keys; it was not used.")
            {
                IsTransient = true,
            };
        // A certificate would be believed in place of the key beside it, which is the one that was looked at.
        foreach (var key in keys)
            key.X5c.Clear();
        return [.. keys];
    }
}
