using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// A private key of the client in memory, RSA or EC, which signs JWTs (RFC 7515, RFC 7518 §3). Instances are thread-safe.
/// </summary>
[DebuggerDisplay(Secret.Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<SigningKey>))]
public sealed class SigningKey : ISigner
{
    private readonly Func<AsymmetricAlgorithm> open;

    // The objects of the framework are not safe for concurrent use, and opening a key costs more than a signature.
    private readonly ConcurrentBag<AsymmetricAlgorithm> idle = [];

    private SigningKey(Func<AsymmetricAlgorithm> open, string? algorithm, string? keyId, string? certificateThumbprint)
    {
        this.open = open;
        var key = open();
        if (key is RSA { KeySize: < 2048 })
            throw new FormatException("The key has fewer than 2048 bits (RFC 7518 §3.3).");
        Algorithm = AlgorithmOf(key, algorithm);
        PublicJwk = PrivateKeyParser.PublicMembers(key).ToJsonString();
        KeyId = keyId;
        CertificateThumbprint = certificateThumbprint;
        idle.Add(key);
    }

    /// <inheritdoc/>
    public string Algorithm { get; }

    /// <inheritdoc/>
    public string? KeyId { get; }

    /// <inheritdoc/>
    public string PublicJwk { get; }

    /// <inheritdoc/>
    public string? CertificateThumbprint { get; }

    /// <summary>Reads a key from PEM without a passphrase (RFC 7468), or from a private JWK (RFC 7517).</summary>
    /// <param name="text">The PEM or the JWK, with the private key.</param>
    /// <param name="algorithm">
    /// The signature algorithm; <see langword="null"/> for the <c>alg</c> of the JWK, or else <c>PS256</c> for an RSA key and the algorithm
    /// of the curve for an EC key.
    /// </param>
    /// <param name="keyId">
    /// The key identifier that the server has registered; <see langword="null"/> for the <c>kid</c> of the JWK, or else none.
    /// </param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">
    /// The text is not a supported key, or the algorithm does not match it. The message does not contain the key.
    /// </exception>
    public static SigningKey Parse(string text, string? algorithm = null, string? keyId = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, algorithm, keyId)
            ?? throw new FormatException(
                PrivateKeyParser.IsEd25519(text)
                    ? $"The key is an Ed25519 key: {SignatureAlgorithms.Ed25519Instruction}, or read it with Ed25519SigningKey.Parse of "
                        + "that package."
                    : $"The key {PrivateKeyParser.FaultOf(text)}."
            );
    }

    /// <summary>Reads a key of a client that may use Ed25519.</summary>
    /// <param name="text">The PEM or the JWK, with the private key.</param>
    /// <param name="algorithm">The signature algorithm; <see langword="null"/> for that of the key.</param>
    /// <param name="keyId">The key identifier; <see langword="null"/> for that of the JWK.</param>
    /// <param name="ed25519">The implementation of Ed25519; <see langword="null"/> without one.</param>
    /// <exception cref="FormatException">
    /// The text is not a supported key, or the algorithm does not match it. The message does not contain the key.
    /// </exception>
    internal static ISigner Parse(string text, string? algorithm, string? keyId, IEd25519? ed25519) =>
        ed25519 is not null && PrivateKeyParser.IsEd25519(text) ? ed25519.ParseKey(text, algorithm, keyId) : Parse(text, algorithm, keyId);

    /// <summary>Uses the private key of a certificate. Its thumbprint is sent with each signature (<c>x5t#S256</c>).</summary>
    /// <param name="certificate">The certificate with its private key. It is not disposed of, and must not be disposed of while in
    /// use.</param>
    /// <param name="algorithm">
    /// The signature algorithm; <see langword="null"/> for <c>PS256</c> with an RSA key and the algorithm of the curve with an EC key.
    /// </param>
    /// <param name="keyId">The key identifier that the server has registered; <see langword="null"/> for none.</param>
    /// <returns>The key.</returns>
    /// <exception cref="FormatException">The certificate has no private key, or the algorithm does not match it.</exception>
    public static SigningKey FromCertificate(X509Certificate2 certificate, string? algorithm = null, string? keyId = null)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return new(
            () =>
                (AsymmetricAlgorithm?)certificate.GetRSAPrivateKey()
                ?? certificate.GetECDsaPrivateKey()
                ?? throw new FormatException("The certificate has no RSA or EC private key."),
            algorithm,
            keyId,
            Base64Url.EncodeToString(certificate.GetCertHash(HashAlgorithmName.SHA256))
        );
    }

    /// <summary>Creates a new EC key on the curve P-256, in memory only.</summary>
    /// <returns>The key, with the algorithm <c>ES256</c>.</returns>
    public static SigningKey Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var parameters = key.ExportParameters(includePrivateParameters: true);
        return new(() => ECDsa.Create(parameters), algorithm: null, keyId: null, certificateThumbprint: null);
    }

    /// <inheritdoc/>
    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!idle.TryTake(out var key))
            key = open();
        // After an exception the object is not used again.
        byte[] signature = key is RSA rsa
            ? rsa.SignData(
                data.Span,
                SignatureAlgorithms.Hash(Algorithm),
                Algorithm.StartsWith('P') ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1
            )
            : ((ECDsa)key).SignData(data.Span, SignatureAlgorithms.Hash(Algorithm));
        idle.Add(key);
        return new(signature);
    }

    /// <summary>Returns a text that does not contain the key.</summary>
    /// <returns>Always <c>[redacted]</c>.</returns>
    public override string ToString() => Secret.Redacted;

    private static SigningKey? TryParse(string text, string? algorithm, string? keyId)
    {
        try
        {
            var jwk = PrivateKeyParser.Jwk(text);
            return new(
                () => PrivateKeyParser.Open(text, ECDsa.Create),
                algorithm ?? jwk?.Text("alg"),
                keyId ?? jwk?.Text("kid"),
                certificateThumbprint: null
            );
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or OAuthProtocolException)
        {
            // The framework's message may quote the malformed key.
            return null;
        }
    }

    private static string AlgorithmOf(AsymmetricAlgorithm key, string? stated)
    {
        string natural = PrivateKeyParser.CurveOf(key) switch
        {
            null => "PS256",
            "P-256" => "ES256",
            "P-384" => "ES384",
            _ => "ES512",
        };
        if (stated is null || stated == natural)
            return natural;
        return key is RSA && SignatureAlgorithms.Asymmetric.Contains(stated) && !stated.StartsWith('E')
            ? stated
            : throw new FormatException(
                "The key cannot be used with this algorithm; this key is used with "
                    + (key is RSA ? "PS256, PS384, PS512, RS256, RS384 or RS512." : $"{natural}.")
            );
    }
}
