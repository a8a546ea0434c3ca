using System.Net;
using System.Text;

namespace OAuthClient;

/// <summary>Authenticates the client in a request, by exactly one method and never in the address (RFC 6749 §2.3).</summary>
internal static class ClientAuthenticator
{
    /// <summary>Adds the credentials that are sent in the body to <paramref name="form"/>.</summary>
    /// <returns>The value of the Authorization header; <see langword="null"/> if the credentials are sent in the body.</returns>
    public static string? Authenticate(
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        ICollection<KeyValuePair<string, string>> form
    )
    {
        switch (Method(configuration, server))
        {
            case ClientAuthenticationMethod.ClientSecretBasic:
                return configuration.BasicCredentials ??=
                    "Basic "
                    + Convert.ToBase64String(
                        Encoding.ASCII.GetBytes(FormEncode(configuration.ClientId) + ":" + FormEncode(configuration.ClientSecret!.Reveal()))
                    );
            case ClientAuthenticationMethod.ClientSecretPost:
                form.Add(new(ParameterNames.ClientId, configuration.ClientId));
                form.Add(new(ParameterNames.ClientSecret, configuration.ClientSecret!.Reveal()));
                return null;
            // RFC 8705 §2: the request contains the client_id, and the certificate authenticates the client.
            default:
                form.Add(new(ParameterNames.ClientId, configuration.ClientId));
                return null;
        }
    }

    public static ClientAuthenticationMethod Method(ClientConfiguration configuration, AuthorizationServerMetadata server)
    {
        if (configuration.ClientAuthentication is { } stated)
            return stated;
        if (configuration.ClientSecret is null)
            return configuration.AuthenticatesByCertificate ? ClientAuthenticationMethod.TlsClientAuth : ClientAuthenticationMethod.None;
        // RFC 8414 §2: if the member is absent, the server supports client_secret_basic.
        return
            server.TokenEndpointAuthenticationMethods is { } offered
            && !offered.Contains("client_secret_basic", StringComparer.Ordinal)
            && offered.Contains("client_secret_post", StringComparer.Ordinal)
            ? ClientAuthenticationMethod.ClientSecretPost
            : ClientAuthenticationMethod.ClientSecretBasic;
    }

    // RFC 6749 §2.3.1, appendix B: identifier and secret are form-encoded before they are joined with a colon.
    private static string FormEncode(string text) => WebUtility.UrlEncode(text);
}
