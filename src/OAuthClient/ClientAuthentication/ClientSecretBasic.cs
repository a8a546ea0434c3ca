using System.Net;
using System.Text;

namespace OAuthClient;

/// <summary>Sends the identifier and the secret in the Authorization header (<c>client_secret_basic</c>, RFC 6749 §2.3.1).</summary>
internal sealed class ClientSecretBasic(ClientConfiguration configuration) : IClientAuthentication
{
    public async ValueTask ApplyAsync(AuthenticatedRequest request, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        string secret = (await configuration.GetClientSecretAsync(cancellationToken).ConfigureAwait(false)).Reveal();
        // Appendix B: identifier and secret are form-encoded before they are joined with a colon.
        string pair = WebUtility.UrlEncode(configuration.ClientId) + ":" + WebUtility.UrlEncode(secret);
        string credentials = Convert.ToBase64String(Encoding.ASCII.GetBytes(pair));
        request.Authorize("Basic " + credentials, credentials, secret);
    }
}
