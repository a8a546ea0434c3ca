using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using NSec.Cryptography;

namespace OAuthClient.Ed25519;

/// <summary>
/// An Ed25519 private key of the client in memory, which signs JWTs (RFC 8037 §3.1). Instances are thread-safe. Return one from the
/// delegate of <see cref="OAuthClientBuilder.UseClientSigner"/>.
/// </summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<Ed25519SigningKey>))]
public sealed class Ed25519SigningKey : ISigner
{
    private const string Redacted = "[redacted]";
    private const string DefaultAlgorithm = "EdDSA";

    // Its memory, which is not managed, is erased and freed by a finalizer.
    private readonly Key key;

    private Ed25519SigningKey(Key key, string? algorithm, string? keyId)
    {
        this.key = key;
        Algorithm = algorithm switch
        {
            null => DefaultAlgorithm,
            DefaultAlgorithm or "Ed25519" => algorithm,
            _ => throw new FormatException("An Ed25519 key cannot be used with this algorithm; it is used with EdDSA or Ed25519."),
        };
        KeyId = keyId;
        PublicJwk = Ed25519PrivateKeyParser.PublicJwk(PublicKeyOf(key));
    }

    /// <summary>
    /// Gets the name of the signature algorithm: <c>EdDSA</c> (RFC 8037 §3.1), or <c>Ed25519</c> (RFC 9864 §2.2) if it was stated.
    /// </summary>
    public string Algorithm { get; }

    /// <inheritdoc/>
    public string? KeyId { get; }

    /// <inheritdoc/>
    public string PublicJwk { get; }

    /// <summary>Reads a key from PEM without a passphrase (RFC 8410 §7), or from a private JWK (RFC 8037 §2).</summary>
    /// <param name="text">The PEM or the JWK, with the private key.</param>
    /// <param name="algorithm">
    /// The name of the algorithm that the server expects, <c>EdDSA</c> or <c>Ed25519</c>; <see langword="null"/> for the <c>alg</c> of the
    /// JWK, or else <c>EdDSA</c>, which more servers know.
    /// </param>
    /// <param name="keyId">
    /// The key identifier that the server has registered; <see langword="null"/> for the <c>kid</c> of the JWK, or else none.
    /// </param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">
    /// The text is not an Ed25519 key, or the algorithm does not match it. The message does not contain the key.
    /// </exception>
    public static Ed25519SigningKey Parse(string text, string? algorithm = null, string? keyId = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (seed, statedAlgorithm, statedKeyId, statedPublicKey) = Ed25519PrivateKeyParser.Parse(text);
        var imported = Import(seed);
        if (statedPublicKey is not null && !PublicKeyOf(imported).AsSpan().SequenceEqual(statedPublicKey))
            throw new FormatException("The public key of the JWK (x) does not belong to its private key (d).");
        return new(imported, algorithm ?? statedAlgorithm, keyId ?? statedKeyId);
    }

    /// <summary>Creates a new key, in memory only.</summary>
    /// <returns>The key, with the algorithm <c>EdDSA</c>.</returns>
    public static Ed25519SigningKey Create() => new(Key.Create(SignatureAlgorithm.Ed25519), algorithm: null, keyId: null);

    /// <inheritdoc/>
    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(SignatureAlgorithm.Ed25519.Sign(key, data.Span));
    }

    /// <summary>Returns a text that does not contain the key.</summary>
    /// <returns>Always <c>[redacted]</c>.</returns>
    public override string ToString() => Redacted;

    private static byte[] PublicKeyOf(Key key) => key.PublicKey.Export(KeyBlobFormat.RawPublicKey);

    private static Key Import(byte[] seed)
    {
        try
        {
            return Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }
}
