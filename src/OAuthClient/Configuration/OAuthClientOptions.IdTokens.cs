using System.Diagnostics;

namespace OAuthClient;

public sealed partial class OAuthClientOptions
{
    /// <summary>
    /// Gets or sets the algorithms that may sign ID Tokens and the server's other JWTs (OpenID Connect Core §3.1.3.7). Set it to the
    /// algorithm that the client is registered with. With <c>HS256</c> the client secret is the key and must have at least 32 bytes. The
    /// default is an empty list, which means <c>RS256</c>, and with the package <c>OAuthClient.Ed25519</c> also <c>Ed25519</c> and
    /// <c>EdDSA</c>. A client that registers itself then registers the first supported algorithm that
    /// the server offers, <c>RS256</c> if it is among them.
    /// </summary>
    public IList<string> IdTokenSigningAlgorithms { get; set; } = [];

    /// <summary>
    /// Gets or sets the algorithms that may sign UserInfo responses (OpenID Connect Core §5.3.2). The default is an empty list: those of
    /// <see cref="IdTokenSigningAlgorithms"/>.
    /// </summary>
    public IList<string> UserInfoSigningAlgorithms { get; set; } = [];

    /// <summary>
    /// Gets or sets the algorithms that may sign introspection responses (RFC 9701 §5). The default is an empty list: those of
    /// <see cref="IdTokenSigningAlgorithms"/>.
    /// </summary>
    public IList<string> IntrospectionSigningAlgorithms { get; set; } = [];

    /// <summary>
    /// Gets or sets the algorithms that may sign logout tokens (OpenID Connect Back-Channel Logout §2.6). The default is an empty list:
    /// those of <see cref="IdTokenSigningAlgorithms"/>.
    /// </summary>
    public IList<string> LogoutTokenSigningAlgorithms { get; set; } = [];

    /// <summary>
    /// Gets or sets the further audiences that may stand beside this client in the <c>aud</c> of ID Tokens and logout tokens, such as the
    /// identifier of the project or of the API. An ID Token with further audiences can be presented to each of them. The <c>azp</c> of the
    /// token, if there is one, must name this client (OpenID Connect Core §3.1.3.7). The default is an empty list: the client is the only
    /// audience.
    /// </summary>
    public IList<string> TrustedAudiences { get; set; } = [];

    /// <summary>
    /// Gets or sets the difference between this machine's clock and the server's that is accepted when the times in a JWT are validated
    /// (RFC 7519 §4.1.4). The maximum is 10 minutes. The default is 1 minute.
    /// </summary>
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Gets or sets the private keys that decrypt what the server encrypts for this client (RFC 7516): RSA or EC keys, each as PEM
    /// without a passphrase or as a private JWK with its <c>kid</c>. List several keys during a rotation. Unencrypted tokens are accepted
    /// too, because the signature is validated in any case. The keys are strings because the configuration binder binds strings; they are
    /// never written to a log or a message. The default is an empty list.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public IList<string> DecryptionKeys { get; set; } = [];

    /// <summary>
    /// Gets or sets a value indicating whether introspection responses are requested as JWTs (RFC 9701). They must then be signed by one
    /// of <see cref="IntrospectionSigningAlgorithms"/>, and unsigned responses are rejected. The default is <see langword="false"/>.
    /// </summary>
    public bool SignedIntrospectionResponses { get; set; }
}
