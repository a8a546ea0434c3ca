namespace OAuthClient;

/// <summary>How the shared tokens of a client are encrypted.</summary>
/// <param name="Protect">Encrypts and authenticates.</param>
/// <param name="Unprotect">Decrypts, and throws when the data were changed.</param>
internal sealed record DistributedTokenProtection(
    Func<IServiceProvider, byte[], byte[]> Protect,
    Func<IServiceProvider, byte[], byte[]> Unprotect
);
