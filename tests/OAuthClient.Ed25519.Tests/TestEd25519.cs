using NSec.Cryptography;

namespace OAuthClient.Ed25519.Tests;

/// <summary>Supplies Ed25519 to the test server.</summary>
internal sealed class TestEd25519 : ITestEd25519
{
    public byte[] GetPublicKey(byte[] privateKey)
    {
        using var key = Import(privateKey);
        return key.PublicKey.Export(KeyBlobFormat.RawPublicKey);
    }

    public byte[] Sign(byte[] privateKey, byte[] data)
    {
        using var key = Import(privateKey);
        return SignatureAlgorithm.Ed25519.Sign(key, data);
    }

    public bool Verify(byte[] publicKey, byte[] data, byte[] signature) =>
        SignatureAlgorithm.Ed25519.Verify(
            PublicKey.Import(SignatureAlgorithm.Ed25519, publicKey, KeyBlobFormat.RawPublicKey),
            data,
            signature
        );

    private static Key Import(byte[] privateKey) => Key.Import(SignatureAlgorithm.Ed25519, privateKey, KeyBlobFormat.RawPrivateKey);
}
