namespace OAuthClient;

/// <summary>The immutable settings of a client's assertions.</summary>
internal sealed class ClientAssertionSettings
{
    private readonly ISigner? key;
    private readonly Func<ISigner>? signer;
    private readonly bool usesFapi2;

    public ClientAssertionSettings(OAuthClientOptions options)
    {
        var assertion = options.ClientAssertion;
        key = assertion.PrivateKey is { } text ? SigningKey.Parse(text, assertion.Algorithm, assertion.KeyId, options.Ed25519) : null;
        signer = options.ClientSigner;
        usesFapi2 = options.Fapi2;
        Provider = options.ClientAssertionProvider;
        SecretAlgorithm = assertion.Algorithm is { } stated && SignatureAlgorithms.IsSymmetric(stated) ? stated : "HS256";
        Audience = assertion.Audience;
        TokenType = assertion.TokenType.Length == 0 ? null : assertion.TokenType;
        Lifetime = assertion.Lifetime;
    }

    /// <summary>Gets a value indicating whether the client can make assertions without a secret.</summary>
    public bool CanSign => key is not null || signer is not null || Provider is not null;

    /// <summary>Gets the delegate that provides assertions; <see langword="null"/> if the client signs them.</summary>
    public Func<CancellationToken, ValueTask<string>>? Provider { get; }

    /// <summary>Gets the algorithm of assertions that the client secret authenticates.</summary>
    public string SecretAlgorithm { get; }

    public ClientAssertionAudience Audience { get; }
    public string? TokenType { get; }
    public TimeSpan Lifetime { get; }

    /// <summary>Gets the key that signs the next assertion. The application may replace it at any time.</summary>
    public ISigner GetSigner() => FindSigner() ?? throw new InvalidOperationException("The delegate of UseClientSigner returned null.");

    /// <summary>
    /// Gets the key that signs the next assertion; <see langword="null"/> if the platform provides assertions, or there is none.
    /// </summary>
    /// <exception cref="InvalidOperationException">The FAPI 2.0 Security Profile of this client forbids the key.</exception>
    public ISigner? FindSigner()
    {
        if (signer is null)
            return key;
        var provided = signer();
        return usesFapi2 && provided is not null ? Fapi2Profile.EnsureAllows(provided, "UseClientSigner") : provided;
    }
}
