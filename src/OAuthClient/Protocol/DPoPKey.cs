using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// The key that tokens are bound to (RFC 9449 §6). It is stored with the tokens, so that every node and every later process can use them.
/// </summary>
/// <param name="thumbprint">The thumbprint of the public key (<c>jkt</c>, RFC 7638).</param>
/// <param name="privateJwk">The private key as a JWK; <see langword="null"/> if the application's signer holds it.</param>
[DebuggerDisplay("DPoP key {Thumbprint}")]
[JsonConverter(typeof(NonSerializableJsonConverter<DPoPKey>))]
internal sealed class DPoPKey(string thumbprint, PrivateKey? privateJwk)
{
    public string Thumbprint => thumbprint;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public PrivateKey? PrivateJwk => privateJwk;

    /// <summary>Determines whether another key is the same one.</summary>
    public bool IsSameAs(DPoPKey? other) => other is not null && other.Thumbprint == thumbprint;

    /// <summary>Returns the thumbprint, which is public.</summary>
    public override string ToString() => $"DPoP key {thumbprint}";
}
