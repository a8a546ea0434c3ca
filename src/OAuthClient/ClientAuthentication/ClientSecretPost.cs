namespace OAuthClient;

/// <summary>Sends the identifier and the secret in the body (<c>client_secret_post</c>, RFC 6749 §2.3.1).</summary>
internal sealed class ClientSecretPost(ClientConfiguration configuration) : IClientAuthentication
{
    public async ValueTask ApplyAsync(AuthenticatedRequest request, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        var secret = await configuration.GetClientSecretAsync(cancellationToken).ConfigureAwait(false);
        request.Add(ParameterNames.ClientId, configuration.ClientId);
        request.AddSecret(ParameterNames.ClientSecret, secret.Reveal());
    }
}
