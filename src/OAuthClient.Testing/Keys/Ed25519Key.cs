using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>An Ed25519 key of the server (RFC 8037 §2).</summary>
internal sealed class Ed25519Key(ITestEd25519 ed25519)
{
    public const int Length = 32;

    // The SubjectPublicKeyInfo of RFC 8410 §4 before the public key.
    private const string PublicKeyPrefix = "302A300506032B6570032100";

    private readonly byte[] _privateKey = RandomNumberGenerator.GetBytes(Length);

    public ITestEd25519 Implementation => ed25519;

    public byte[] Sign(byte[] input) => ed25519.Sign(_privateKey, input);

    public bool Verifies(byte[] input, byte[] signature) => ed25519.Verify(PublicKey, input, signature);

    public void WriteTo(JsonObject key)
    {
        key["kty"] = "OKP";
        key["crv"] = "Ed25519";
        key["x"] = Base64Url.EncodeToString(PublicKey);
    }

    public string ToPem() => PemEncoding.WriteString("PUBLIC KEY", [.. Convert.FromHexString(PublicKeyPrefix), .. PublicKey]);

    private byte[] PublicKey => field ??= ed25519.GetPublicKey(_privateKey);
}
