using NSec.Cryptography;

namespace OAuthClient.Ed25519;

/// <summary>Ed25519 of libsodium, which rejects keys of small order and signatures that are not canonical (RFC 8032 §5.1.7).</summary>
internal sealed class NSecEd25519 : IEd25519
{
    public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        PublicKey.TryImport(SignatureAlgorithm.Ed25519, publicKey, KeyBlobFormat.RawPublicKey, out var key)
        && SignatureAlgorithm.Ed25519.Verify(key!, data, signature);

    public ISigner ParseKey(string text, string? algorithm, string? keyId) => Ed25519SigningKey.Parse(text, algorithm, keyId);
}
