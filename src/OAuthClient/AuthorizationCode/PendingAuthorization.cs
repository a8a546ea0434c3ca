using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// An authorization that was begun and waits for its callback: state, nonce, code verifier, issuer and redirect URI are in
/// here. Keep it with the browser it was begun for (RFC 9700 §4.7), in memory or by <see cref="Protect"/>.
/// </summary>
[DebuggerDisplay("Pending authorization at {Server}")]
[JsonConverter(typeof(NonSerializableJsonConverter<PendingAuthorization>))]
public sealed class PendingAuthorization
{
    private Uri? authorizationUri;

    internal PendingAuthorization() { }

    /// <summary>Where to send the browser.</summary>
    /// <exception cref="InvalidOperationException">This one was unprotected: its browser is on the way already.</exception>
    public Uri AuthorizationUri =>
        authorizationUri ??= new Uri(
            Address
                ?? throw new InvalidOperationException(
                    "A pending authorization that was unprotected no longer knows its authorization URI: the browser was sent there before. Begin a new authorization to send it again."
                )
        );

    /// <summary>Until when the callback is awaited.</summary>
    public DateTimeOffset ExpiresAt { get; internal init; }

    /// <summary>The registration it was begun by; empty for the unnamed one.</summary>
    public string ClientName { get; internal init; } = "";

    /// <summary>Whether a callback carries this authorization's state (RFC 6749 §10.12): to find it among several. Constant time.</summary>
    /// <param name="response">The parsed callback.</param>
    public bool Matches(AuthorizationResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Secret.SameText(State, response.State);
    }

    /// <summary>The authorization URI as text: taking it apart costs more than writing it, and is left to whoever asks for it.</summary>
    internal string? Address { get; init; }
    internal string Server { get; init; } = "";
    internal string? Issuer { get; init; }
    internal bool RequiresIssuer { get; init; }
    internal bool RequiresRedirectPathMatch { get; init; }
    internal string RedirectUri { get; init; } = "";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string State { get; init; } = "";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? Nonce { get; init; }

    /// <summary>How long ago the user may have signed in, when the request said so: in whole seconds, as it was sent.</summary>
    internal TimeSpan? MaxAge { get; init; }

    /// <summary>How the user must be authenticated, when the request demanded something.</summary>
    internal IReadOnlyList<string> RequiredAcrValues { get; init; } = [];

    /// <summary>Gets whether only the user who signed in by the registration may complete it.</summary>
    internal bool RenewsSignIn { get; init; }

    /// <summary>Gets or sets which store in memory was in use when it was begun; 0 with a store that processes share.</summary>
    internal int StoreInstanceId { get; set; }

    internal CodeVerifier CodeVerifier { get; init; } = null!;
    internal IReadOnlyList<string> Scopes { get; init; } = [];
    internal IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>What the record of used states holds: enough to know it again, useless to whoever reads it.</summary>
    internal string StateFingerprint => Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(State)));

    /// <summary>Names neither the state nor any other secret.</summary>
    public override string ToString() => $"Pending authorization at {Server}";

    /// <summary>
    /// To travel, in a cookie or another place that its holder must neither read nor change: a few hundred bytes,
    /// encrypted and authenticated by <paramref name="protect"/>, for example <c>IDataProtector.Protect</c>.
    /// </summary>
    /// <param name="protect">Encrypts and authenticates.</param>
    /// <returns>What <paramref name="protect"/> returned.</returns>
    public byte[] Protect(Func<byte[], byte[]> protect)
    {
        ArgumentNullException.ThrowIfNull(protect);
        return protect(PendingAuthorizationSerializer.Serialize(this));
    }

    /// <summary>The way back from <see cref="Protect"/>.</summary>
    /// <param name="data">What <see cref="Protect"/> returned.</param>
    /// <param name="unprotect">Decrypts, and throws when the data were changed, for example <c>IDataProtector.Unprotect</c>.</param>
    /// <exception cref="OAuthProtocolException">The data were changed, or are not a pending authorization of this version.</exception>
    public static PendingAuthorization Unprotect(byte[] data, Func<byte[], byte[]> unprotect)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(unprotect);
        try
        {
            return PendingAuthorizationSerializer.Deserialize(unprotect(data));
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or ArgumentException or FormatException)
        {
            throw new OAuthProtocolException("The data are not a pending authorization, or were changed; begin a new one.", exception);
        }
    }
}
