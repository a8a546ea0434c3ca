namespace OAuthClient;

/// <summary>Tokens for the client itself (RFC 6749 §4.4.2).</summary>
internal sealed class ClientCredentialsRequest(IReadOnlyList<string>? scopes, IReadOnlyList<string> resources)
    : TokenRequest("client_credentials", scopes, resources)
{
    internal override RetryMode RetryMode => RetryMode.Idempotent;

    internal override bool AffectsOtherRequests => true;

    internal override void EnsureAllowed(ClientConfiguration configuration)
    {
        // §4.4: MUST only be used by confidential clients.
        if (!configuration.IsConfidential)
            throw new OAuthException(
                $"Client credentials are for confidential clients; set ClientSecret for {configuration.DisplayName}, or give it a certificate by UseClientCertificate (RFC 6749 §4.4)."
            );
    }
}
