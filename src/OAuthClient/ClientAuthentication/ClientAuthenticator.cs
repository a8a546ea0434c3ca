using System.Net;
using System.Text;

namespace OAuthClient;

/// <summary>Puts the client's identity on a request: exactly one method, never in the address (RFC 6749 §2.3).</summary>
internal static class ClientAuthenticator
{
    /// <summary>Adds to <paramref name="form"/> what belongs in the body.</summary>
    /// <returns>The Authorization header's value, when that is where the credentials go.</returns>
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
            // RFC 8705 §2: a certificate says who, and the id says as which client.
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
        // RFC 8414 §2: when the member is absent, client_secret_basic is what the server has.
        return
            server.TokenEndpointAuthenticationMethods is { } offered
            && !offered.Contains("client_secret_basic", StringComparer.Ordinal)
            && offered.Contains("client_secret_post", StringComparer.Ordinal)
            ? ClientAuthenticationMethod.ClientSecretPost
            : ClientAuthenticationMethod.ClientSecretBasic;
    }

    // RFC 6749 §2.3.1, appendix B: id and secret are form-encoded before Basic joins them with a colon.
    private static string FormEncode(string text) => WebUtility.UrlEncode(text);
}
