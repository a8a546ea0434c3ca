using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>The secret half of PKCE (RFC 7636 §4.1): 43 characters, fresh for every authorization.</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(RefusingJsonConverter<CodeVerifier>))]
internal sealed class CodeVerifier(string value) : Secret(value)
{
    public const string ChallengeMethod = "S256";

    public static CodeVerifier Create() => new(RandomText.Create());

    /// <summary>BASE64URL(SHA256(ASCII(code_verifier))) (RFC 7636 §4.2). The plain method does not exist here.</summary>
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
