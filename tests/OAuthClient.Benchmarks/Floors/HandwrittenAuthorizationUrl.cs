using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Benchmarks;

/// <summary>
/// A handwritten authorization request (RFC 6749 §4.1.1, RFC 7636 §4): random bytes once for state, nonce and code verifier, SHA-256,
/// base64url and escaping, with a precomputed constant part. It has no checks, and does not protect the secrets.
/// </summary>
internal sealed class HandwrittenAuthorizationUrl(string endpoint, string clientId, string redirectUri, string scope)
{
    private readonly string constant =
        $"{endpoint}?response_type=code&client_id={Uri.EscapeDataString(clientId)}"
        + $"&redirect_uri={Uri.EscapeDataString(redirectUri)}&scope={Uri.EscapeDataString(scope)}";

    public (string Url, string State, string Nonce, string CodeVerifier) Begin()
    {
        Span<byte> random = stackalloc byte[96];
        RandomNumberGenerator.Fill(random);
        string state = Base64Url.EncodeToString(random[..32]);
        string nonce = Base64Url.EncodeToString(random[32..64]);
        string verifier = Base64Url.EncodeToString(random[64..]);

        Span<byte> ascii = stackalloc byte[43];
        Encoding.ASCII.GetBytes(verifier, ascii);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(ascii, hash);
        string challenge = Base64Url.EncodeToString(hash);

        return ($"{constant}&state={state}&code_challenge={challenge}&code_challenge_method=S256&nonce={nonce}", state, nonce, verifier);
    }
}
