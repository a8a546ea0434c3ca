using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Describes the assertions by which a client authenticates (<c>private_key_jwt</c> and <c>client_secret_jwt</c>, RFC 7523 §2.2). Each
/// attempt of a request has a new assertion with its own <c>jti</c>.
/// </summary>
[DebuggerDisplay("Client assertion")]
[JsonConverter(typeof(NonSerializableJsonConverter<ClientAssertionOptions>))]
public sealed class ClientAssertionOptions
{
    /// <summary>
    /// Gets or sets the private key that signs the assertions: RSA or EC, or Ed25519 with the package
    /// <c>OAuthClient.Ed25519</c>, as PEM without a passphrase or as a private JWK. It is a string
    /// because the configuration binder binds strings; it is never written to a log or a message. The default is <see langword="null"/>;
    /// <c>UseClientSigner</c> sets a key that is not in memory.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? PrivateKey { get; set; }

    /// <summary>
    /// Gets or sets the identifier under which the server has registered the key (<c>kid</c>). The default is <see langword="null"/>: the
    /// <c>kid</c> of a JWK, or else none.
    /// </summary>
    public string? KeyId { get; set; }

    /// <summary>
    /// Gets or sets the algorithm of the signature. The default is <see langword="null"/>: the <c>alg</c> of a JWK, or else <c>PS256</c>
    /// for an RSA key, <c>ES256</c>, <c>ES384</c> or <c>ES512</c> for an EC key and <c>EdDSA</c> for an Ed25519 key. For
    /// <c>client_secret_jwt</c> it is <c>HS256</c>.
    /// </summary>
    public string? Algorithm { get; set; }

    /// <summary>
    /// Gets or sets the audience of the assertions (<c>aud</c>). The default is <see cref="ClientAssertionAudience.Issuer"/>, because an
    /// assertion for an endpoint can be replayed by a malicious server that names the same endpoint (RFC 9700 §4.4).
    /// </summary>
    public ClientAssertionAudience Audience { get; set; }

    /// <summary>
    /// Gets or sets the <c>typ</c> of the assertions; an empty string to send none. The default is <c>client-authentication+jwt</c>. Some
    /// servers accept <c>JWT</c> only.
    /// </summary>
    public string TokenType { get; set; } = "client-authentication+jwt";

    /// <summary>
    /// Gets or sets the time after which an assertion expires. The maximum is 10 minutes. The default is 1 minute.
    /// </summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(1);
}
