namespace OAuthClient;

/// <summary>A token request by which the client obtains an access token for itself (RFC 6749 §4.4.2).</summary>
internal sealed class ClientCredentialsRequest(IReadOnlyList<string>? scopes, IReadOnlyList<string> resources)
    : TokenRequest("client_credentials", scopes, resources)
{
    internal override RetryMode RetryMode => RetryMode.Idempotent;

    internal override bool AffectsOtherRequests => true;

    internal override void EnsureAllowed(ClientConfiguration configuration)
    {
        // §4.4: MUST only be used by confidential clients.
        if (!ClientAuthenticationMethods.IsConfidential(configuration))
            throw new OAuthException(
                $"The client credentials grant requires a confidential client (RFC 6749 §4.4); set ClientSecret for "
                    + $"{configuration.DisplayName}, or set a certificate with UseClientCertificate."
            );
    }
}
