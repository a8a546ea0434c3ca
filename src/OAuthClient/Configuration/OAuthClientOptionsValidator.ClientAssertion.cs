using System.Text;

namespace OAuthClient;

internal sealed partial class OAuthClientOptionsValidator
{
    private static readonly TimeSpan MaximumAssertionLifetime = TimeSpan.FromMinutes(10);

    private static IEnumerable<string> FindAssertionFailures(OAuthClientOptions o)
    {
        var assertion = o.ClientAssertion;
        bool canSign = CanSign(o);
        if (FindSigningKeyFailure(assertion, o.Ed25519) is { } keyFailure)
            yield return $"ClientAssertion.PrivateKey: {keyFailure}";
        if (assertion.PrivateKey is not null && (o.ClientSigner is not null || o.ClientAssertionProvider is not null))
            yield return "ClientAssertion.PrivateKey is set, and UseClientSigner or UseClientAssertion is called; remove one of the two.";
        if (o.ClientAuthentication is ClientAuthenticationMethod.PrivateKeyJwt && !canSign)
            yield return "ClientAuthentication is PrivateKeyJwt, but there is no key; set ClientAssertion.PrivateKey, or call "
                + "AddOAuthClient(…).UseClientSigner(…) or UseClientAssertion(…).";
        if (canSign && o.ClientAuthentication is not (null or ClientAuthenticationMethod.PrivateKeyJwt))
            yield return $"ClientAuthentication is {o.ClientAuthentication}, but there is a key for assertions, which would never be used; "
                + "set ClientAuthentication to PrivateKeyJwt, or remove the key.";
        if (canSign && o.ClientAuthentication is null && (o.ClientSecret is not null || o.ClientSecretProvider is not null))
            yield return "there are a client secret and a key for assertions; set ClientAuthentication to the method that the "
                + "server expects.";
        if (o.SignedAuthorizationRequests && assertion.PrivateKey is null && o.ClientSigner is null)
            yield return "SignedAuthorizationRequests needs a key; set ClientAssertion.PrivateKey, or call "
                + "AddOAuthClient(…).UseClientSigner(…).";
        if (!Enum.IsDefined(o.PushedAuthorization))
            yield return $"PushedAuthorization must be one of {string.Join(", ", Enum.GetNames<PushedAuthorizationUse>())}.";
        if (o.ResponseMode?.EndsWith("jwt", StringComparison.Ordinal) == true && IsDiscoveryOff(o) && o.JwksUri is null)
            yield return "ResponseMode is a signed one and TokenEndpoint is set; then set Issuer and JwksUri too, so that the response can "
                + "be validated.";
        if (assertion.Lifetime <= TimeSpan.Zero || assertion.Lifetime > MaximumAssertionLifetime)
            yield return "ClientAssertion.Lifetime must be greater than zero and at most ten minutes.";
        if (!Enum.IsDefined(assertion.Audience))
            yield return $"ClientAssertion.Audience must be one of {string.Join(", ", Enum.GetNames<ClientAssertionAudience>())}.";
        if (assertion.TokenType is null)
            yield return "ClientAssertion.TokenType is null; leave it out, or set an empty string to send no typ.";
        if (o.ClientSecret is not null && o.ClientSecretProvider is not null)
            yield return "ClientSecret is set, and UseClientSecret is called; remove one of the two.";
        if (
            o is { ClientAuthentication: ClientAuthenticationMethod.ClientSecretJwt, ClientSecret: { } secret }
            && Encoding.UTF8.GetByteCount(secret) * 8 < SignatureAlgorithms.HashLength(assertion.Algorithm ?? "HS256")
        )
            yield return "ClientAuthentication is ClientSecretJwt, for which the client secret is the key: ClientSecret must have at least "
                + $"{SignatureAlgorithms.HashLength(assertion.Algorithm ?? "HS256") / 8} bytes (RFC 7518 §3.2).";
    }

    private static bool CanSign(OAuthClientOptions o) =>
        o.ClientAssertion.PrivateKey is not null || o.ClientSigner is not null || o.ClientAssertionProvider is not null;

    private static string? FindSigningKeyFailure(ClientAssertionOptions assertion, IEd25519? ed25519)
    {
        if (assertion.PrivateKey is null)
            return null;
        try
        {
            SigningKey.Parse(assertion.PrivateKey, assertion.Algorithm, assertion.KeyId, ed25519);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }
}
