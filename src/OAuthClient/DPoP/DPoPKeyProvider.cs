using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>
/// Provides the keys of one client that prove the possession of tokens (RFC 9449). Tokens that are requested by one process share a key for
/// <see cref="DPoPOptions.KeyLifetime"/>. The key is stored with the tokens, so other nodes and later processes use it too.
/// </summary>
/// <param name="configuration">Returns the current configuration of the client.</param>
/// <param name="time">The clock.</param>
internal sealed class DPoPKeyProvider(Func<ClientConfiguration> configuration, TimeProvider time)
{
    // A removed key is imported again.
    private const int Capacity = 10_000;

    private readonly Lock changes = new();
    private BoundedCache<string, DPoPSigner>? imported;
    private SharedKey? shared;
    private ApplicationKey? application;

    /// <summary>
    /// Gets a value indicating whether the client may request tokens that are bound to a key. It is also <see langword="true"/> while the
    /// options are invalid, because they can be corrected without a restart.
    /// </summary>
    public bool MayBeEnabled
    {
        get
        {
            try
            {
                return configuration().DPoP.IsEnabled;
            }
            catch (OptionsValidationException)
            {
                return true;
            }
        }
    }

    // Created with the first key, so that a client with bearer tokens has none.
    private BoundedCache<string, DPoPSigner> Imported => LazyInitializer.EnsureInitialized(ref imported, static () => new(Capacity));

    /// <summary>Gets the key of a new grant.</summary>
    /// <returns>The key; <see langword="null"/> if the client requests bearer tokens.</returns>
    public DPoPKey? FindForNewGrant(ClientConfiguration current) =>
        current.DPoP is { IsEnabled: true, KeyPerGrant: true, HasSigner: false } ? Create() : FindForClient(current);

    /// <summary>Gets the key of a token that belongs to no grant.</summary>
    /// <returns>The key; <see langword="null"/> if the client requests bearer tokens.</returns>
    public DPoPKey? FindForClient(ClientConfiguration current) =>
        !current.DPoP.IsEnabled ? null
        : current.DPoP.FindSigner() is { } signer ? KeyOf(signer).Key
        : Shared(current);

    /// <summary>
    /// Gets the key with which a grant is refreshed: its own. The refresh token of a public client is bound to it (RFC 9449 §5), and some
    /// servers bind those of confidential clients too. Only a confidential client whose application holds the key changes to the key that
    /// <c>UseDPoPSigner</c> returns now.
    /// </summary>
    /// <param name="bound">The key of the grant; <see langword="null"/> if its tokens are bearer tokens.</param>
    /// <param name="current">The configuration.</param>
    /// <returns>The key; <see langword="null"/> to request a bearer token.</returns>
    public DPoPKey? FindForRefresh(DPoPKey? bound, ClientConfiguration current)
    {
        if (bound is null)
            return FindForNewGrant(current);
        if (!current.IsConfidential)
            return bound;
        return current.DPoP is { IsEnabled: true, HasSigner: false } && bound.PrivateJwk is not null ? bound : FindForNewGrant(current);
    }

    /// <summary>
    /// Determines whether a token that another node requested is one that this node would request: bound as configured, and to a key that
    /// it has.
    /// </summary>
    /// <param name="key">The key of the token; <see langword="null"/> for a bearer token.</param>
    /// <param name="current">The configuration.</param>
    public bool Accepts(DPoPKey? key, ClientConfiguration current) =>
        !current.DPoP.IsEnabled ? key is null
        : current.DPoP.FindSigner() is { } signer ? KeyOf(signer).Key.IsSameAs(key)
        : key?.PrivateJwk is not null;

    /// <summary>Gets the signer of a key.</summary>
    /// <exception cref="OAuthException">The signer of the application has another key.</exception>
    public DPoPSigner SignerOf(DPoPKey key)
    {
        if (Imported.TryGet(key.Thumbprint, out var known))
            return known;
        if (key.PrivateJwk is { } privateJwk)
            return Imported.GetOrAdd(key.Thumbprint, _ => Import(key, privateJwk));
        return configuration().DPoP.FindSigner() is { } signer && KeyOf(signer) is var found && found.Key.IsSameAs(key)
            ? found.Signer
            : throw new OAuthException(
                "A token is bound to a key that the delegate of UseDPoPSigner no longer returns (RFC 9449 §6), so it cannot be used. "
                    + "Return that key until its tokens have expired, refresh the grant, or begin a new authorization."
            );
    }

    // All grants with the thumbprint use the key, so one altered row must not replace it.
    private static DPoPSigner Import(DPoPKey key, PrivateKey privateJwk)
    {
        DPoPSigner signer = new(SigningKey.Parse(privateJwk.Reveal()));
        return signer.Thumbprint == key.Thumbprint
            ? signer
            : throw new OAuthException(
                "The stored key of a grant does not have its thumbprint, so the data were changed. Remove the grant."
            );
    }

    // The application may replace its signer at any time. The earlier one stays usable for the tokens that are bound to it.
    private ApplicationKey KeyOf(ISigner signer)
    {
        var known = Volatile.Read(ref application);
        if (known is not null && ReferenceEquals(known.Source, signer))
            return known;
        try
        {
            DPoPSigner proofs = new(signer);
            known = new(signer, proofs, new(proofs.Thumbprint, privateJwk: null));
        }
        catch (FormatException exception)
        {
            throw new OAuthException($"The delegate of UseDPoPSigner returned an unusable key: {exception.Message}", exception);
        }
        Imported.Set(known.Key.Thumbprint, known.Signer);
        Volatile.Write(ref application, known);
        return known;
    }

    private DPoPKey Shared(ClientConfiguration current)
    {
        var now = time.GetUtcNow();
        if (Volatile.Read(ref shared) is { } known && now - known.CreatedAt < current.DPoP.KeyLifetime)
            return known.Key;
        lock (changes)
        {
            if (shared is null || now - shared.CreatedAt >= current.DPoP.KeyLifetime)
                Volatile.Write(ref shared, new(Create(), now));
            return shared!.Key;
        }
    }

    private static DPoPKey Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var jwk = PrivateKeyParser.PublicMembers(key);
        string thumbprint = PrivateKeyParser.Thumbprint(jwk.ToJsonString());
        jwk["d"] = (JsonNode)Base64Url.EncodeToString(key.ExportParameters(includePrivateParameters: true).D);
        return new(thumbprint, new(jwk.ToJsonString()));
    }

    private sealed record SharedKey(DPoPKey Key, DateTimeOffset CreatedAt);

    private sealed record ApplicationKey(ISigner Source, DPoPSigner Signer, DPoPKey Key);
}
