using System.Net;
using System.Text;

namespace OAuthClient;

/// <summary>Puts the client's identity on a request: exactly one method, never in the address (RFC 6749 §2.3).</summary>
internal static class ClientAuthenticator
{
    /// <summary>Adds to <paramref name="form"/> what belongs in the body.</summary>
    /// <returns>The Authorization header's value, when that is where the credentials go.</returns>
    public static string? Authenticate(
        ClientConfiguration registration, AuthorizationServerMetadata server, ICollection<KeyValuePair<string, string>> form)
    {
        switch (Method(registration, server))
        {
            case ClientAuthenticationMethod.ClientSecretBasic:
                return registration.BasicCredentials ??= "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes(
                    FormEncode(registration.ClientId) + ":" + FormEncode(registration.ClientSecret!.Reveal())));
            case ClientAuthenticationMethod.ClientSecretPost:
                form.Add(new(ParameterNames.ClientId, registration.ClientId));
                form.Add(new(ParameterNames.ClientSecret, registration.ClientSecret!.Reveal()));
                return null;
            // RFC 8705 §2: a certificate says who, and the id says as which client.
            default:
                form.Add(new(ParameterNames.ClientId, registration.ClientId));
                return null;
        }
    }

    public static ClientAuthenticationMethod Method(ClientConfiguration registration, AuthorizationServerMetadata server)
    {
        if (registration.ClientAuthentication is { } stated)
            return stated;
        if (registration.ClientSecret is null)
            return registration.AuthenticatesByCertificate ? ClientAuthenticationMethod.TlsClientAuth : ClientAuthenticationMethod.None;
        // RFC 8414 §2: when the member is absent, client_secret_basic is what the server has.
        return server.TokenEndpointAuthenticationMethods is { } offered
            && !offered.Contains("client_secret_basic", StringComparer.Ordinal)
            && offered.Contains("client_secret_post", StringComparer.Ordinal)
                ? ClientAuthenticationMethod.ClientSecretPost
                : ClientAuthenticationMethod.ClientSecretBasic;
    }

    // RFC 6749 §2.3.1, appendix B: id and secret are form-encoded before Basic joins them with a colon.
    private static string FormEncode(string text) => WebUtility.UrlEncode(text);
}
