namespace OAuthClient;

internal sealed partial class OAuthClientOptionsValidator
{
    private const string Fapi2 = "FAPI 2.0 Security Profile";

    private static IEnumerable<string> FindFapi2Failures(OAuthClientOptions o) =>
        o.Fapi2
            ?
            [
                .. FindFapi2CredentialFailures(o),
                .. FindFapi2AssertionFailures(o),
                .. FindFapi2ServerFailures(o),
                .. FindFapi2RequestFailures(o),
                .. FindFapi2AlgorithmFailures(o),
            ]
            : [];

    private static IEnumerable<string> FindFapi2CredentialFailures(OAuthClientOptions o)
    {
        if (o.ClientAuthentication is { } method && !Fapi2Profile.Allows(method))
            yield return $"ClientAuthentication is {method}, and {Fapi2} §5.3.3.1 allows PrivateKeyJwt and TlsClientAuth; set one of the "
                + "two, or leave it out.";
        if (HasSecret(o))
            yield return $"there is a client secret, and {Fapi2} §5.3.3.1 allows private_key_jwt and certificates; remove ClientSecret or "
                + "UseClientSecret, and set ClientAssertion.PrivateKey, or call UseClientSigner(…) or UseClientCertificate(…).";
        else if (!CanSign(o) && o.ClientCertificate is null)
            yield return $"{Fapi2} §5.3.3.1 requires a client that authenticates by private_key_jwt or a certificate; set "
                + "ClientAssertion.PrivateKey, or call AddOAuthClient(…).UseClientSigner(…) or UseClientCertificate(…).";
    }

    private static IEnumerable<string> FindFapi2AssertionFailures(OAuthClientOptions o)
    {
        var assertion = o.ClientAssertion;
        if (assertion.Audience is not ClientAssertionAudience.Issuer)
            yield return $"ClientAssertion.Audience is {assertion.Audience}, and {Fapi2} §5.3.3.1 requires the issuer; leave it out.";
        if (o.ClientAssertionProvider is not null)
            yield return $"UseClientAssertion is called, and {Fapi2} §5.3.3.1 requires assertions that the key of the client signs for the "
                + "issuer; call UseClientSigner(…) instead.";
        if (FindParsedAlgorithm(o) is { } algorithm && !Fapi2Profile.Algorithms.Contains(algorithm))
            yield return $"ClientAssertion.PrivateKey signs with {algorithm}, and {Fapi2} §5.4.1 allows {Fapi2Profile.AlgorithmNames}; "
                + "leave ClientAssertion.Algorithm out for an RSA key, or set a key on the curve P-256 or Ed25519.";
    }

    private static IEnumerable<string> FindFapi2ServerFailures(OAuthClientOptions o)
    {
        const string metadata = "allows only the metadata that the server publishes below its issuer";
        foreach (var endpoint in ServerEndpoint.All)
        {
            if (endpoint.ConfiguredIn(o) is not null)
                yield return $"{endpoint.OptionName} is set, and {Fapi2} §5.3.3.1 {metadata}; remove it, and set Issuer.";
        }
        if (o.MetadataAddress is not null)
            yield return $"MetadataAddress is set, and {Fapi2} §5.3.3.1 {metadata}; remove it, and set Issuer.";
        if (o.IssuerTemplate is not null)
            yield return $"IssuerTemplate is set, and {Fapi2} §5.3.3.1 requires an issuer that equals that of the metadata; remove it, and "
                + "set Issuer to the issuer of one tenant.";
        if (o.DangerouslyAllowHttpInTrustedNetwork.Count > 0)
            yield return $"DangerouslyAllowHttpInTrustedNetwork is set, and {Fapi2} §5.2.1 requires TLS; remove it. "
                + "DangerouslyAllowHttpOnLoopback is possible for tests.";
    }

    private static IEnumerable<string> FindFapi2RequestFailures(OAuthClientOptions o)
    {
        if (o.PushedAuthorization is PushedAuthorizationUse.WhenOffered or PushedAuthorizationUse.Never)
            yield return $"PushedAuthorization is {o.PushedAuthorization}, and {Fapi2} §5.3.3.2 requires pushed requests; leave it out, or "
                + "set Always.";
        var adaptation = o.Adaptation;
        if (adaptation.DangerouslyDisablePkce)
            yield return $"Adaptation.DangerouslyDisablePkce is set, and {Fapi2} §5.3.3.2 requires PKCE with S256; remove it.";
        if (adaptation.DangerouslyAcceptMissingNonce)
            yield return $"Adaptation.DangerouslyAcceptMissingNonce is set, and a server that conforms to {Fapi2} §5.3.2.3 returns the "
                + "nonce; remove it.";
        if (adaptation.DangerouslyAllowCodeInjection)
            yield return $"Adaptation.DangerouslyAllowCodeInjection is set, and {Fapi2} §5.3.3.2 requires PKCE with S256; remove it.";
    }

    private static IEnumerable<string> FindFapi2AlgorithmFailures(OAuthClientOptions o)
    {
        foreach (var (name, algorithms) in AlgorithmLists(o))
        {
            // A null is reported as an unsupported algorithm.
            if (algorithms.FirstOrDefault(algorithm => algorithm is not null && !Fapi2Profile.Algorithms.Contains(algorithm)) is { } other)
                yield return $"{name} holds '{other}', and {Fapi2} §5.4.1 allows {Fapi2Profile.AlgorithmNames}; remove it, or leave the "
                    + "list out.";
        }
    }

    private static string? FindParsedAlgorithm(OAuthClientOptions o)
    {
        if (o.ClientAssertion is not { PrivateKey: { } text } assertion || FindSigningKeyFailure(assertion, o.Ed25519) is not null)
            return null;
        return SigningKey.Parse(text, assertion.Algorithm, assertion.KeyId, o.Ed25519).Algorithm;
    }
}
