namespace OAuthClient;

/// <summary>
/// Creates the proofs of one client (RFC 9449 §4.2), with the newest nonce of the server or the API. The nonces of the server and of the
/// APIs are kept apart, because the same origin can serve both with nonces of its own for each.
/// </summary>
internal sealed class DPoPProofs(DPoPKeyProvider keys, TimeProvider time)
{
    /// <summary>The header that contains the proof (RFC 9449 §4.1).</summary>
    public const string HeaderName = "DPoP";

    // Created when the first proof needs them, so that a client with bearer tokens has none.
    private DPoPNonceCache? serverNonces;
    private DPoPNonceCache? apiNonces;
    private volatile bool wasUsed;

    /// <summary>Gets the keys.</summary>
    public DPoPKeyProvider Keys => keys;

    /// <inheritdoc cref="DPoPKeyProvider.MayBeEnabled"/>
    public bool MayBeEnabled => keys.MayBeEnabled;

    /// <summary>Gets the nonces of the authorization server (RFC 9449 §8).</summary>
    public DPoPNonceCache ServerNonces => LazyInitializer.EnsureInitialized(ref serverNonces, static () => new());

    /// <summary>Gets the nonces of the APIs (RFC 9449 §9).</summary>
    public DPoPNonceCache ApiNonces => LazyInitializer.EnsureInitialized(ref apiNonces, static () => new());

    /// <summary>Gets or sets a value indicating whether a token that is bound to a key was attached to a request.</summary>
    public bool WasUsed
    {
        get => wasUsed;
        set => wasUsed = value;
    }

    /// <summary>Creates the proof of a request to the authorization server.</summary>
    /// <param name="key">The key.</param>
    /// <param name="method">The method of the request.</param>
    /// <param name="address">The address of the request.</param>
    /// <param name="nonce">The nonce of the refusal that the request follows; <see langword="null"/> to use the newest one.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The value of the header <c>DPoP</c>.</returns>
    /// <exception cref="OAuthException">The signer of the application has another key.</exception>
    public ValueTask<string> CreateForServerAsync(
        DPoPKey key,
        HttpMethod method,
        Uri address,
        string? nonce,
        CancellationToken cancellationToken
    ) =>
        keys.SignerOf(key)
            .CreateProofAsync(method, address, tokenHash: null, nonce ?? ServerNonces.Find(address), time.GetUtcNow(), cancellationToken);

    /// <summary>Creates the proof of a request with an access token.</summary>
    /// <param name="token">The access token, which is bound to a key.</param>
    /// <param name="method">The method of the request.</param>
    /// <param name="address">The address of the request.</param>
    /// <param name="nonce">The nonce of the refusal that the request follows; <see langword="null"/> to use the newest one.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The value of the header <c>DPoP</c>.</returns>
    /// <exception cref="OAuthException">The signer of the application has another key.</exception>
    public ValueTask<string> CreateForTokenAsync(
        AccessToken token,
        HttpMethod method,
        Uri address,
        string? nonce,
        CancellationToken cancellationToken
    ) =>
        keys.SignerOf(token.Key!)
            .CreateProofAsync(method, address, token.Hash, nonce ?? ApiNonces.Find(address), time.GetUtcNow(), cancellationToken);
}
