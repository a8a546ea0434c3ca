using System.Diagnostics;

namespace OAuthClient;

public sealed partial class OAuthClientOptions
{
    /// <summary>
    /// Gets or sets the algorithms that may sign ID Tokens and the server's other JWTs (OpenID Connect Core §3.1.3.7). Set it to the
    /// algorithm that the client is registered with. With <c>HS256</c> the client secret is the key and must have at least 32 bytes. The
    /// default is an empty list, which means <c>RS256</c>.
    /// </summary>
    public IList<string> IdTokenSigningAlgorithms { get; set; } = [];

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
    /// of <see cref="IdTokenSigningAlgorithms"/>, and unsigned responses are rejected. The default is <see langword="false"/>.
    /// </summary>
    public bool SignedIntrospectionResponses { get; set; }
}
