namespace OAuthClient;

/// <summary>
/// Provides the signature algorithm Ed25519 (RFC 8032), which .NET does not have. The package <c>OAuthClient.Ed25519</c> implements it. A
/// client uses the implementation that is registered in the service collection. Many threads call its members at the same time.
/// </summary>
public interface IEd25519
{
    /// <summary>Verifies a signature (RFC 8032 §5.1.7).</summary>
    /// <param name="publicKey">The public key of 32 bytes.</param>
    /// <param name="data">The signed data, which are not hashed yet.</param>
    /// <param name="signature">The signature, of any length.</param>
    /// <returns>
    /// <see langword="true"/> if the signature is valid; <see langword="false"/> also for a key that no signature can be trusted with, such
    /// as a point of small order.
    /// </returns>
    bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);

    /// <summary>Reads a private key of the client.</summary>
    /// <param name="text">The key as PEM without a passphrase (RFC 8410 §7) or as a private JWK (RFC 8037 §2).</param>
    /// <param name="algorithm">
    /// The name of the algorithm, <c>EdDSA</c> or <c>Ed25519</c>; <see langword="null"/> for the <c>alg</c> of the JWK or the default.
    /// </param>
    /// <param name="keyId">The key identifier; <see langword="null"/> for the <c>kid</c> of the JWK, or else none.</param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">
    /// The text is not such a key, or the algorithm does not match it. The message does not contain the key.
    /// </exception>
    ISigner ParseKey(string text, string? algorithm, string? keyId);
}
