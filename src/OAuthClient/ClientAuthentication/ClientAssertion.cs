using System.Text.Json;

namespace OAuthClient;

/// <summary>Adds assertions that authenticate the client to requests (RFC 7523 §2.2).</summary>
internal static class ClientAssertion
{
    private const string Type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    /// <summary>Adds an assertion to a request.</summary>
    public static void Add(AuthenticatedRequest request, ClientConfiguration configuration, string assertion)
    {
        request.Add(ParameterNames.ClientId, configuration.ClientId);
        request.Add("client_assertion_type", Type);
        request.AddSecret("client_assertion", assertion);
    }

    /// <summary>Returns a delegate that writes the claims of an assertion (RFC 7523 §3).</summary>
    public static Action<Utf8JsonWriter> Claims(
        AuthenticatedRequest request,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server
    ) =>
        claims =>
        {
            claims.WriteString("iss", configuration.ClientId);
            claims.WriteString("sub", configuration.ClientId);
            claims.WriteString("aud", Audience(request, configuration, server));
            claims.WriteString("jti", SecureRandomString.Create());
            claims.WriteNumber("iat", request.StartedAt.ToUnixTimeSeconds());
            claims.WriteNumber("exp", (request.StartedAt + configuration.ClientAssertion.Lifetime).ToUnixTimeSeconds());
        };

    // One string and no array: a server must not accept an assertion that is also meant for another one.
    private static string Audience(AuthenticatedRequest request, ClientConfiguration configuration, AuthorizationServerMetadata server) =>
        configuration.ClientAssertion.Audience switch
        {
            ClientAssertionAudience.TokenEndpoint => server.Get(ServerEndpoint.Token).OriginalString,
            ClientAssertionAudience.RequestedEndpoint => request.Endpoint.OriginalString,
            _ => server.Issuer ?? server.Get(ServerEndpoint.Token).OriginalString,
        };
}
