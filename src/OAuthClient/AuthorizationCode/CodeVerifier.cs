using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>The PKCE code verifier (RFC 7636 §4.1): 43 random characters, new for each authorization.</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<CodeVerifier>))]
internal sealed class CodeVerifier(string value) : Secret(value)
{
    public const string ChallengeMethod = "S256";

    /// <summary>
    /// Computes the code challenge, BASE64URL(SHA256(ASCII(code_verifier))) (RFC 7636 §4.2). The plain method is not supported.
    /// </summary>
    public string Challenge()
    {
        Span<byte> ascii = stackalloc byte[128];
        int length = Encoding.ASCII.GetBytes(Reveal(), ascii);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(ascii[..length], hash);
        CryptographicOperations.ZeroMemory(ascii);
        return Base64Url.EncodeToString(hash);
    }
}
