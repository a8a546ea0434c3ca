using System.Text;

namespace OAuthClient;

/// <summary>Sends an assertion that the client secret authenticates (<c>client_secret_jwt</c>, OpenID Connect Core §9).</summary>
internal sealed class ClientSecretJwt(ClientConfiguration configuration) : IClientAuthentication
{
    public async ValueTask ApplyAsync(AuthenticatedRequest request, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        var secret = await configuration.GetClientSecretAsync(cancellationToken).ConfigureAwait(false);
        ClientAssertion.Add(
            request,
            configuration,
            JwtWriter.Authenticate(
                Encoding.UTF8.GetBytes(secret.Reveal()),
                configuration.ClientAssertion.SecretAlgorithm,
                configuration.ClientAssertion.TokenType,
                ClientAssertion.Claims(request, configuration, server)
            )
        );
    }
}
