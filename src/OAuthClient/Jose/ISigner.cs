namespace OAuthClient;

/// <summary>
/// Signs with a private key of the client (RFC 7515). Implement it for a key that does not leave a hardware module or a key vault;
/// <see cref="SigningKey"/> implements it for a key in memory. Many threads call its members at the same time.
/// </summary>
public interface ISigner
{
    /// <summary>Gets the signature algorithm, such as <c>PS256</c>, <c>ES256</c> (RFC 7518 §3.1) or <c>EdDSA</c> (RFC 8037 §3.1).</summary>
    string Algorithm { get; }

    /// <summary>Gets the identifier under which the server has registered the key (<c>kid</c>); <see langword="null"/> for none.</summary>
    string? KeyId { get; }

    /// <summary>
    /// Gets the public key as a JWK with its required members only, such as <c>{"crv":"P-256","kty":"EC","x":"…","y":"…"}</c>
    /// (RFC 7517 §4).
    /// </summary>
    string PublicJwk { get; }

    /// <summary>
    /// Gets the SHA-256 hash of the certificate of the key, in base64url (<c>x5t#S256</c>, RFC 7515 §4.1.8); <see langword="null"/> to send
    /// none.
    /// </summary>
    string? CertificateThumbprint => null;

    /// <summary>Signs data.</summary>
    /// <param name="data">The data, which are not hashed yet.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The signature in the form of RFC 7518: for ECDSA the concatenation of R and S (§3.4), as for Ed25519.</returns>
    ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);
}
