namespace OAuthClient.Testing;

/// <summary>Authenticates clients by assertions (RFC 7523 §3, OpenID Connect Core §9).</summary>
internal static class AssertionAuthentication
{
    private const string JwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    // An assertion is valid for a short time, so that the used identifiers can be kept.
    private static readonly TimeSpan MaximumLifetime = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>Returns the identifier of the client that an assertion names, before the assertion is verified.</summary>
    /// <exception cref="OAuthErrorException">The parameters are not those of an assertion.</exception>
    public static string ClientIdOf(FormParameters form)
    {
        if (form["client_assertion_type"] is not JwtBearer)
            throw OAuthErrorException.InvalidClient("The client_assertion_type is not supported.");
        ReceivedJwt assertion = Parse(form);
        return assertion.Text("sub") ?? throw OAuthErrorException.InvalidClient("The assertion has no sub.");
    }

    /// <summary>Returns the client if the assertion is valid.</summary>
    /// <exception cref="OAuthErrorException">The assertion is not valid, or was used before.</exception>
    public static TestClient Validate(TestClient client, FormParameters form, RecordedRequest request, ServerState server)
    {
        ReceivedJwt assertion = Parse(form);
        if (!server.Algorithms.Contains(assertion.Algorithm))
            throw OAuthErrorException.InvalidClient("The server does not support the alg of the assertion.");
        if (!IsVerified(assertion, client, server))
            throw OAuthErrorException.InvalidClient("The signature of the assertion does not verify with the registered keys.");
        if (server.Options.ClientAssertionType is { } type && !string.Equals(type, assertion.Type, StringComparison.OrdinalIgnoreCase))
            throw OAuthErrorException.InvalidClient($"The typ of the assertion must be {type}.");
        if (assertion.Type is not (null or "JWT" or "client-authentication+jwt"))
            throw OAuthErrorException.InvalidClient("The JWT is not an assertion of a client.");
        if (assertion.Text("iss") != client.ClientId || assertion.Text("sub") != client.ClientId)
            throw OAuthErrorException.InvalidClient("iss and sub of the assertion must be the client_id.");
        if (assertion.Text("aud") != AudienceOf(request, server))
            throw OAuthErrorException.InvalidClient("The aud of the assertion must be one string that names this server.");
        if (
            assertion.Time("exp") is not { } end
            || end <= server.Now
            || end > server.Now + MaximumLifetime
            || (assertion.Claims.ContainsKey("iat") && !(assertion.Time("iat") <= server.Now + ClockSkew))
            || (assertion.Claims.ContainsKey("nbf") && !(assertion.Time("nbf") <= server.Now + ClockSkew))
        )
            throw OAuthErrorException.InvalidClient("The assertion has expired, is not valid yet, or is valid for too long.");
        if (assertion.Text("jti") is not { Length: > 0 } id || !server.UsedAssertions.TryAdd((client.ClientId, id), end))
            throw OAuthErrorException.InvalidClient("The jti of the assertion is missing or was used before.");
        return client;
    }

    private static ReceivedJwt Parse(FormParameters form)
    {
        try
        {
            return ReceivedJwt.Parse(form["client_assertion"] ?? "");
        }
        catch (FormatException exception)
        {
            throw OAuthErrorException.InvalidClient(exception.Message);
        }
    }

    private static bool IsVerified(ReceivedJwt assertion, TestClient client, ServerState server) =>
        client.AuthenticationMethod is "client_secret_jwt"
            ? assertion.IsAuthenticatedBy(client.ClientSecret!)
            : client.VerifiesWithItsKeys(assertion, server.Options.Ed25519);

    private static string AudienceOf(RecordedRequest request, ServerState server) =>
        server.Options.ClientAssertionAudience switch
        {
            TestAssertionAudience.TokenEndpoint => server.Address("/token"),
            TestAssertionAudience.RequestedEndpoint => server.Issuer[..^server.PathBase.Length] + request.Path,
            _ => server.Issuer,
        };
}
