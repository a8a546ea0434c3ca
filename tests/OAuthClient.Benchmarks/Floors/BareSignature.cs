using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Benchmarks;

/// <summary>Signs data of the size of a JWT, and nothing else.</summary>
/// <param name="key">The key, RSA or EC.</param>
/// <param name="jwt">A JWT in compact form, whose header and payload are signed.</param>
internal sealed class BareSignature(AsymmetricAlgorithm key, string jwt)
{
    private readonly byte[] data = Encoding.ASCII.GetBytes(jwt[..jwt.LastIndexOf('.')]);

    public byte[] Sign() =>
        key is RSA rsa
            ? rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)
            : ((ECDsa)key).SignData(data, HashAlgorithmName.SHA256);
}
