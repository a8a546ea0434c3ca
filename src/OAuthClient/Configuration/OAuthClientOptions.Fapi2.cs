namespace OAuthClient;

public sealed partial class OAuthClientOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether the client conforms to the FAPI 2.0 Security Profile, which banks and health services
    /// require. The default is <see langword="false"/>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The client then authenticates by <c>private_key_jwt</c> or by a certificate, pushes its authorization requests, binds its tokens to
    /// a key (DPoP) or to its certificate (<c>UseClientCertificate</c>), uses endpoints of the server's metadata only, requires <c>iss</c>
    /// in each authorization response, and signs and accepts <c>PS256</c>, <c>ES256</c> and Ed25519 only. It sends no authorization request
    /// to a server that does not support pushed requests and PKCE with <c>S256</c>.
    /// </para>
    /// <para>
    /// Options with their default value take the value that the profile requires: <see cref="PushedAuthorization"/>, <see cref="DPoP"/>
    /// without a certificate, and the lists of algorithms. A value that the profile forbids is an error at the start of the host.
    /// <see cref="DangerouslyAllowHttpOnLoopback"/> remains possible, for tests.
    /// </para>
    /// </remarks>
    public bool Fapi2 { get; set; }

    /// <summary>Gets whether tokens are bound to a key, which FAPI 2.0 requires of a client without a certificate.</summary>
    internal bool BindsTokensToKey => DPoP.Enabled || (Fapi2 && ClientCertificate is null);

    /// <summary>Sets <see cref="Fapi2"/>: the client conforms to the FAPI 2.0 Security Profile.</summary>
    public void UseFapi2() => Fapi2 = true;
}
