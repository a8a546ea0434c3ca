namespace OAuthClient;

/// <summary>
/// Sends the identifier in the body; the certificate of the TLS handshake authenticates the client (<c>tls_client_auth</c>,
/// <c>self_signed_tls_client_auth</c>, RFC 8705 §2).
/// </summary>
internal sealed class TlsClientAuth(ClientConfiguration configuration) : IClientAuthentication
{
    public string InvalidClientAdvice =>
        ": check ClientId. Check that the certificate of UseClientCertificate is the one that the server has registered for the client "
        + "(RFC 8705 §2), that it has not expired, and that the server requests a certificate at this address.";

    public ValueTask ApplyAsync(AuthenticatedRequest request, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        request.Add(ParameterNames.ClientId, configuration.ClientId);
        return ValueTask.CompletedTask;
    }
}
