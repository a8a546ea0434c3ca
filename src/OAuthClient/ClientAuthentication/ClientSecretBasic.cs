namespace OAuthClient;

/// <summary>
/// Sends the identifier and the secret in the Authorization header (<c>client_secret_basic</c>, RFC 6749 §2.3.1). The server adaptation
/// decides on their form. A public client at a server that requires the header sends an empty secret.
/// </summary>
internal sealed class ClientSecretBasic(ClientConfiguration configuration) : IClientAuthentication
{
    public async ValueTask ApplyAsync(AuthenticatedRequest request, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        var adaptation = configuration.Adaptation;
        string? secret = configuration.HasClientSecret
            ? (await configuration.GetClientSecretAsync(cancellationToken).ConfigureAwait(false)).Reveal()
            : null;
        string credentials = adaptation.CreateBasicCredentials(configuration.ClientId, secret ?? "");
        request.Authorize("Basic " + credentials, secret is null ? [] : [credentials, secret]);
        if (adaptation.RepeatsClientIdInBody)
            request.Add(ParameterNames.ClientId, configuration.ClientId);
    }
}
