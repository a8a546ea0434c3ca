namespace OAuthClient.Testing;

/// <summary>
/// Supplies the signature algorithm Ed25519 (RFC 8032), which .NET does not have, to a server
/// (<see cref="TestAuthorizationServerOptions.Ed25519"/>). Implement it with the cryptographic library that your tests use. Many threads
/// call its members at the same time.
/// </summary>
public interface ITestEd25519
{
    /// <summary>Returns the public key of a private key.</summary>
    /// <param name="privateKey">The private key: 32 random bytes.</param>
    /// <returns>The public key of 32 bytes.</returns>
    byte[] GetPublicKey(byte[] privateKey);

    /// <summary>Signs data.</summary>
    /// <param name="privateKey">The private key of 32 bytes.</param>
    /// <param name="data">The data.</param>
    /// <returns>The signature of 64 bytes.</returns>
    byte[] Sign(byte[] privateKey, byte[] data);

    /// <summary>Verifies a signature.</summary>
    /// <param name="publicKey">The public key of 32 bytes.</param>
    /// <param name="data">The data.</param>
    /// <param name="signature">The signature, of any length.</param>
    /// <returns><see langword="true"/> if the signature is valid.</returns>
    bool Verify(byte[] publicKey, byte[] data, byte[] signature);
}
