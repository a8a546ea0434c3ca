namespace OAuthClient;

/// <summary>The immutable settings of the keys that a client's tokens are bound to.</summary>
internal sealed class DPoPSettings(OAuthClientOptions options)
{
    private readonly Func<ISigner>? signer = options.DPoPSigner;
    private readonly bool usesFapi2 = options.Fapi2;

    public bool IsEnabled { get; } = options.BindsTokensToKey;
    public bool KeyPerGrant { get; } = options.DPoP.KeyPerGrant;
    public TimeSpan KeyLifetime { get; } = options.DPoP.KeyLifetime;

    /// <summary>Gets a value indicating whether the application holds the key.</summary>
    public bool HasSigner => signer is not null;

    /// <summary>Determines whether a token of the client itself may be used: where tokens are bound, a bearer token may not.</summary>
    /// <param name="key">The key of the token; <see langword="null"/> for a bearer token.</param>
    public bool Accepts(DPoPKey? key) => !IsEnabled || key is not null;

    /// <summary>Gets the key of the application. The application may replace it at any time.</summary>
    /// <returns>The key; <see langword="null"/> if the library creates the keys.</returns>
    /// <exception cref="InvalidOperationException">
    /// The delegate returned <see langword="null"/>, or a key that the FAPI 2.0 Security Profile of this client forbids.
    /// </exception>
    public ISigner? FindSigner()
    {
        if (signer is null)
            return null;
        var key = signer() ?? throw new InvalidOperationException("The delegate of UseDPoPSigner returned null.");
        return usesFapi2 ? Fapi2Profile.EnsureAllows(key, "UseDPoPSigner") : key;
    }
}
