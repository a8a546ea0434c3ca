using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Represents an authorization that has begun and waits for its callback. It contains the state, nonce, code verifier, issuer and redirect
/// URI. Bind it to the browser that it was begun for (RFC 9700 §4.7), in a server-side session or in a cookie by <see cref="Protect"/>.
/// </summary>
[DebuggerDisplay("Pending authorization at {Server}")]
[JsonConverter(typeof(NonSerializableJsonConverter<PendingAuthorization>))]
public sealed class PendingAuthorization
{
    private Uri? authorizationUri;

    internal PendingAuthorization() { }

    /// <summary>
    /// Gets the address to send the browser to. Write <see cref="Uri.AbsoluteUri"/>: <see cref="Uri.ToString"/> removes escapes.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The object was created by <see cref="Unprotect"/>, which does not restore the address.
    /// </exception>
    public Uri AuthorizationUri =>
        authorizationUri ??= new Uri(
            Address
                ?? throw new InvalidOperationException(
                    "A pending authorization that was unprotected has no authorization URI, because the browser was already sent there. "
                        + "Begin a new authorization."
                )
        );

    /// <summary>Gets the time after which a callback is rejected.</summary>
    public DateTimeOffset ExpiresAt { get; internal init; }

    /// <summary>Gets the name of the client that began it; empty for the unnamed client.</summary>
    public string ClientName { get; internal init; } = "";

    /// <summary>
    /// Determines whether a callback has this authorization's state (RFC 6749 §10.12), to find it among several. The comparison takes
    /// constant time.
    /// </summary>
    /// <param name="response">The parsed callback.</param>
    /// <returns><see langword="true"/> if the states are equal; otherwise, <see langword="false"/>.</returns>
    public bool Matches(AuthorizationResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Secret.SameText(State, response.State);
    }

    /// <summary>Gets the authorization URI as text, because parsing it as <see cref="Uri"/> costs more than writing it.</summary>
    internal string? Address { get; set; }
    internal string Server { get; init; } = "";
    internal string? Issuer { get; init; }
    internal bool RequiresIssuer { get; init; }
    internal bool RequiresRedirectPathMatch { get; init; }
    internal string RedirectUri { get; init; } = "";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string State { get; init; } = "";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? Nonce { get; init; }

    /// <summary>Gets the requested <c>max_age</c>, in whole seconds as it was sent.</summary>
    internal TimeSpan? MaxAge { get; init; }

    /// <summary>Gets the values of which the ID Token's <c>acr</c> must be one; empty if any is accepted.</summary>
    internal IReadOnlyList<string> RequiredAcrValues { get; init; } = [];

    /// <summary>Gets whether only the user who signed in by the client may complete it.</summary>
    internal bool RenewsSignIn { get; init; }

    /// <summary>Gets or sets the identifier of the in-memory store that was in use when it was begun; 0 with a shared store.</summary>
    internal int StoreInstanceId { get; set; }

    /// <summary>Gets the PKCE code verifier; <see langword="null"/> if the server takes none.</summary>
    internal CodeVerifier? CodeVerifier { get; init; }
    internal IReadOnlyList<string> Scopes { get; init; } = [];
    internal IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>Gets the key that the code is bound to (RFC 9449 §10); <see langword="null"/> for bearer tokens.</summary>
    internal DPoPKey? DPoPKey { get; init; }

    /// <summary>Gets the parameters that a reauthorization repeats, see <see cref="RepeatedParameters"/>.</summary>
    internal IReadOnlyList<string> Repeated { get; init; } = [];

    internal IdTokenRequirements IdTokenRequirements =>
        new()
        {
            IsRequested = Nonce is not null,
            Nonce = Nonce,
            UsesPkce = CodeVerifier is not null,
            MaxAge = MaxAge,
            AcrValues = RequiredAcrValues,
        };

    /// <summary>Gets the hash of the state, for the record of used states, which thus contains no usable state.</summary>
    internal string StateFingerprint => Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(State)));

    /// <summary>Returns the name of the server, without the state or any other secret.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"Pending authorization at {Server}";

    /// <summary>
    /// Serializes the pending authorization for a cookie or another place outside of the application, and encrypts the result, which has a
    /// few hundred bytes.
    /// </summary>
    /// <param name="protect">Encrypts and authenticates the data, for example <c>IDataProtector.Protect</c>.</param>
    /// <returns>The encrypted data, as <paramref name="protect"/> returned them.</returns>
    public byte[] Protect(Func<byte[], byte[]> protect) => PendingState.Protect(this, protect, PendingAuthorizationSerializer.Serialize);

    /// <summary>Decrypts and deserializes a pending authorization that <see cref="Protect"/> serialized.</summary>
    /// <param name="data">The result of <see cref="Protect"/>.</param>
    /// <param name="unprotect">Decrypts the data, and throws if they were changed, for example <c>IDataProtector.Unprotect</c>.</param>
    /// <returns>The pending authorization, without <see cref="AuthorizationUri"/>.</returns>
    /// <exception cref="OAuthProtocolException">
    /// The data were changed, are not a pending authorization, or were written by another version of the library.
    /// </exception>
    public static PendingAuthorization Unprotect(byte[] data, Func<byte[], byte[]> unprotect) =>
        PendingState.Unprotect(data, unprotect, PendingAuthorizationSerializer.Deserialize, "authorization");
}
