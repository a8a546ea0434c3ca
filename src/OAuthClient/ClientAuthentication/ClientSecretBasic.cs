using System.Net;
using System.Text;

namespace OAuthClient;

/// <summary>Sends the identifier and the secret in the Authorization header (<c>client_secret_basic</c>, RFC 6749 §2.3.1).</summary>
internal sealed class ClientSecretBasic : IClientAuthentication
{
    private readonly string secret;
    private readonly string credentials;
    private readonly string header;

    public ClientSecretBasic(ClientConfiguration configuration)
    {
        secret = configuration.ClientSecret!.Reveal();
        // Appendix B: identifier and secret are form-encoded before they are joined with a colon.
        string pair = WebUtility.UrlEncode(configuration.ClientId) + ":" + WebUtility.UrlEncode(secret);
        credentials = Convert.ToBase64String(Encoding.ASCII.GetBytes(pair));
        header = "Basic " + credentials;
    }

    public ValueTask ApplyAsync(AuthenticatedRequest request, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        request.Authorize(header, credentials, secret);
        return ValueTask.CompletedTask;
    }
}
