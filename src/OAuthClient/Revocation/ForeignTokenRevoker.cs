using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>Revokes the tokens of a response that belongs to another user, server or client, in the background.</summary>
internal sealed class ForeignTokenRevoker(RevocationEndpointClient revocation, AccessTokenRenewer renewer, ILogger logger)
{
    /// <summary>Revokes the tokens of a response. When the application stops, it waits for the end of the revocation.</summary>
    /// <param name="grantId">The grant whose refresh received the response.</param>
    /// <param name="response">The response.</param>
    /// <param name="current">The client's configuration.</param>
    /// <param name="server">The authorization server.</param>
    public void RevokeInBackground(string grantId, TokenResponse response, ClientConfiguration current, AuthorizationServerMetadata server)
    {
        if (server.Find(ServerEndpoint.Revocation) is not null)
            _ = renewer.ExclusivelyAsync(grantId, () => RevokeAsync(response, current, server), CancellationToken.None);
    }

    private async Task RevokeAsync(TokenResponse response, ClientConfiguration current, AuthorizationServerMetadata server)
    {
        // RFC 7009 §2.1: with the refresh token, a server should also revoke its access tokens. Not all do.
        Secret?[] tokens = [response.RefreshToken, response.UsableAccessToken];
        foreach (var token in tokens.OfType<Secret>())
        {
            try
            {
                await revocation.RevokeAsync(token, current, server, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Log.OtherIdentityNotRevoked(logger, current.Name, exception.GetType().Name);
            }
        }
    }
}
