using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Numerics;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient;

/// <summary>
/// A public key of the server's key set. It keeps the imported key for all tokens, because the import costs several times as much as the
/// verification of a signature.
/// </summary>
/// <param name="parameters">The parameters as the server published them.</param>
/// <param name="ed25519">The implementation of Ed25519; <see langword="null"/> without one.</param>
internal sealed class JwksKey(JsonWebKey parameters, IEd25519? ed25519 = null)
{
    /// <summary>The key type of Ed25519 (RFC 8037 §2).</summary>
    public const string OctetKeyPair = "OKP";

    // The framework's default factory caches signature providers for the whole process, across servers.
    private static readonly CryptoProviderFactory Factory = new() { CacheSignatureProviders = false };

    // By algorithm, because an RSA key may be used with several. SignatureProvider.Verify is safe for concurrent use. The value is null
    // if the framework rejects the key.
    private readonly ConcurrentDictionary<string, SignatureProvider?> providers = new();

    /// <summary>Gets the parameters as the server published them.</summary>
    public JsonWebKey Parameters => parameters;

    /// <summary>
    /// Gets a value indicating whether the modulus has the 2048 bits that RFC 7518 §3.3 requires. <see cref="JsonWebKey.KeySize"/> counts
    /// leading zeros and throws for a malformed key.
    /// </summary>
    public bool IsStrongRsa { get; } =
        !string.IsNullOrEmpty(parameters.N)
        && Base64Url.IsValid(parameters.N)
        && new BigInteger(Base64Url.DecodeFromChars(parameters.N), isUnsigned: true, isBigEndian: true).GetBitLength() >= 2048;

    /// <summary>Determines whether the key verifies the token's signature (RFC 7515 §5.2).</summary>
    /// <param name="token">The token, for whose algorithm the key is a candidate.</param>
    /// <returns><see langword="true"/> if the signature is valid; <see langword="false"/> also if the key is malformed.</returns>
    public bool Verifies(UnverifiedJwt token)
    {
        byte[] signature = token.Signature();
        if (parameters.Kty == OctetKeyPair)
            return ed25519?.Verify(Base64Url.DecodeFromChars(parameters.X), token.SigningInput(), signature) == true;
        if (signature.Length == 0 || providers.GetOrAdd(token.Algorithm, Import, parameters) is not { } provider)
            return false;
        try
        {
            return provider.Verify(token.SigningInput(), signature);
        }
        catch (Exception)
        {
            // The framework imports the key when it first verifies, and a malformed key fails with exceptions of many types. It must not
            // affect the other keys of the set (RFC 7517 §5).
            providers.TryRemove(new(token.Algorithm, provider));
            return false;
        }
    }

    private static SignatureProvider? Import(string algorithm, JsonWebKey parameters)
    {
        try
        {
            return Factory.CreateForVerifying(parameters, algorithm, cacheProvider: false);
        }
        catch (Exception)
        {
            return null;
        }
    }
}
