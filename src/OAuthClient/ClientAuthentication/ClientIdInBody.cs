namespace OAuthClient;

/// <summary>
/// Sends the identifier in the body, without credentials: for a public client (<c>none</c>, RFC 6749 §3.2.1), and where the certificate of
/// the TLS handshake authenticates the client (<c>tls_client_auth</c>, <c>self_signed_tls_client_auth</c>, RFC 8705 §2).
/// </summary>
internal sealed class ClientIdInBody(ClientConfiguration configuration, string invalidClientAdvice) : IClientAuthentication
{
    public string InvalidClientAdvice => invalidClientAdvice;

    public ValueTask ApplyAsync(AuthenticatedRequest request, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        request.Add(ParameterNames.ClientId, configuration.ClientId);
        return ValueTask.CompletedTask;
    }
}
