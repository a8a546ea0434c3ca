namespace OAuthClient;

/// <summary>The functions that encrypt and decrypt the client tokens in the distributed cache.</summary>
/// <param name="Protect">Encrypts and authenticates data.</param>
/// <param name="Unprotect">Decrypts data, and throws if they were changed.</param>
internal sealed record DistributedTokenProtection(
    Func<IServiceProvider, byte[], byte[]> Protect,
    Func<IServiceProvider, byte[], byte[]> Unprotect
);
