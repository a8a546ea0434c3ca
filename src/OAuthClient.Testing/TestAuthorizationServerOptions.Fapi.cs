namespace OAuthClient.Testing;

/// <content>The algorithms and methods that the server supports, and the profile FAPI 2.0.</content>
public sealed partial class TestAuthorizationServerOptions
{
    /// <summary>
    /// Gets the signing algorithms that the server advertises, and accepts in assertions, request objects and proofs. The default is RS, PS
    /// and ES with 256, 384 or 512, and <c>HS256</c>.
    /// </summary>
    public ISet<string> SigningAlgorithmsSupported { get; } = new HashSet<string>(SignatureAlgorithm.Known, StringComparer.Ordinal);

    /// <summary>
    /// Gets the client authentication methods that the server advertises and accepts. The default is each value of
    /// <see cref="TestClient.AuthenticationMethod"/>. The methods with a certificate also require <see cref="UseTls"/>.
    /// </summary>
    public ISet<string> ClientAuthenticationMethodsSupported { get; } =
        new HashSet<string>(ClientRules.AuthenticationMethods, StringComparer.Ordinal);

    /// <summary>
    /// Sets the options that the FAPI 2.0 Security Profile requires: pushed authorization requests, code challenges with <c>S256</c>,
    /// tokens that are bound to a key (DPoP) or to a certificate, clients that authenticate with <c>private_key_jwt</c> or a certificate,
    /// assertions with the issuer as <c>aud</c>, the algorithms <c>PS256</c>, <c>ES256</c> and, with <see cref="Ed25519"/>, <c>EdDSA</c>,
    /// and <c>iss</c> in authorization responses.
    /// </summary>
    /// <remarks>
    /// It also sets <see cref="PublishDecoyKeys"/>, and signs with <c>PS256</c> for clients that registered no algorithm. Options that are
    /// set later take precedence. The predefined client <c>test-client</c> cannot authenticate, because it has a secret. Clients with a
    /// certificate require <see cref="UseTls"/>.
    /// </remarks>
    public void UseFapi2()
    {
        RequirePushedAuthorizationRequests = true;
        RequirePkce = true;
        CodeChallengeMethods.IntersectWith(["S256"]);
        CodeChallengeMethods.Add("S256");
        SendIss = true;
        RequireSenderConstrainedTokens = true;
        BindTokensToCertificates = true;
        ClientAuthenticationMethodsSupported.IntersectWith(["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"]);
        ClientAssertionAudience = TestAssertionAudience.Issuer;
        SigningAlgorithmsSupported.IntersectWith(["PS256", "ES256", "Ed25519", "EdDSA"]);
        SigningAlgorithm = "PS256";
        PublishDecoyKeys = true;
    }
}
