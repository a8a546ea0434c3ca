using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>
/// Receives authorization requests over the back channel (RFC 9126), and replaces references and signed request objects (RFC 9101) by the
/// parameters that they contain.
/// </summary>
internal sealed class PushedRequests(ServerState server)
{
    private const string Prefix = "urn:ietf:params:oauth:request_uri:";

    private readonly ConcurrentDictionary<string, (string ClientId, string Encoded, DateTimeOffset ExpiresAt)> _pushed = new(
        StringComparer.Ordinal
    );

    /// <summary>Answers a request to the pushed authorization request endpoint (RFC 9126 §2).</summary>
    public Reply Answer(RecordedRequest request) =>
        AuthenticatedEndpoint.Answer(
            request,
            server,
            (client, form) =>
            {
                if (form.Contains("request_uri"))
                    throw OAuthErrorException.InvalidRequest("The request_uri must not be pushed (RFC 9126 §2.1).");
                if (form["client_id"] is { } stated && stated != client.ClientId)
                    throw OAuthErrorException.InvalidRequest("The client_id is not that of the authenticated client.");
                string encoded = SignedParameters(form, client) ?? Encode(form.WithoutCredentials());
                if (!encoded.Contains("client_id=", StringComparison.Ordinal))
                    encoded += "&client_id=" + Uri.EscapeDataString(client.ClientId);
                ReceivedAuthorizationRequest.Parse(encoded, server).Validate(server);
                // A proof binds the code to its key, as dpop_jkt does (RFC 9449 §10.1).
                if (!server.Options.IgnoreDPoPProofs && server.DPoP.Verify(request, accessToken: null) is { } thumbprint)
                {
                    string? bound = FormParameters.Parse(encoded)["dpop_jkt"];
                    if (bound is null)
                        encoded += "&dpop_jkt=" + thumbprint;
                    else if (bound != thumbprint)
                        throw OAuthErrorException.InvalidRequest("The dpop_jkt is not the thumbprint of the key of the proof.");
                }

                string reference = Prefix + Randomness.Token();
                TimeSpan lifetime = server.Options.PushedRequestLifetime;
                _pushed[reference] = (client.ClientId, encoded, server.Now + lifetime);
                return Reply
                    .Json(201, new JsonObject { ["request_uri"] = reference, ["expires_in"] = (long)lifetime.TotalSeconds })
                    .NotStored();
            }
        );

    /// <summary>Returns the encoded parameters of a request at the authorization endpoint.</summary>
    /// <exception cref="OAuthErrorException">The reference or the signed object is not valid, or one is required.</exception>
    public string Resolve(string encoded)
    {
        FormParameters parameters = FormParameters.Parse(encoded);
        if (parameters["request_uri"] is { } reference)
        {
            // A reference is used once (RFC 9126 §7.3).
            return
                _pushed.TryRemove(reference, out var pushed) && pushed.ClientId == parameters["client_id"] && pushed.ExpiresAt > server.Now
                ? pushed.Encoded
                : throw OAuthErrorException.InvalidRequest("The request_uri is unknown, was used before, or has expired.");
        }

        if (server.Options.RequirePushedAuthorizationRequests)
            throw OAuthErrorException.InvalidRequest("The server accepts pushed authorization requests only (RFC 9126 §5).");
        return parameters["client_id"] is { } clientId && server.Clients.TryGetValue(clientId, out TestClient? client)
            ? SignedParameters(parameters, client) ?? encoded
            : encoded;
    }

    /// <summary>Returns the parameters of a signed request object; null if there is none.</summary>
    private string? SignedParameters(FormParameters parameters, TestClient client)
    {
        if (parameters["request"] is not { } text)
        {
            return server.Options.RequireSignedAuthorizationRequests
                ? throw OAuthErrorException.InvalidRequest("The server accepts signed request objects only (RFC 9101 §10.5).")
                : null;
        }

        ReceivedJwt jwt;
        try
        {
            jwt = ReceivedJwt.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new OAuthErrorException("invalid_request_object", exception.Message);
        }

        if (jwt.Type is not (null or "JWT" or "oauth-authz-req+jwt"))
            throw new OAuthErrorException("invalid_request_object", "The JWT is not a request object.");
        if (!server.AsymmetricAlgorithms.Contains(jwt.Algorithm))
            throw new OAuthErrorException("invalid_request_object", "The server does not support the alg of the request object.");
        if (!client.VerifiesWithItsKeys(jwt, server.Options.Ed25519))
            throw new OAuthErrorException("invalid_request_object", "The signature does not verify with the registered keys.");
        if ((string?)jwt.Claims["iss"] != client.ClientId || (string?)jwt.Claims["client_id"] != client.ClientId)
            throw new OAuthErrorException("invalid_request_object", "iss and client_id must be the client_id.");
        if ((string?)jwt.Claims["aud"] != server.Issuer)
            throw new OAuthErrorException("invalid_request_object", "The aud must be the issuer.");
        long now = server.Now.ToUnixTimeSeconds();
        if (!((long?)jwt.Claims["exp"] > now) || !((long?)jwt.Claims["nbf"] <= now + 10) || (long?)jwt.Claims["exp"] > now + 3600)
            throw new OAuthErrorException("invalid_request_object", "The request object has expired, or nbf or exp is missing.");
        if (jwt.Claims.ContainsKey("authorization_details") && jwt.Claims["authorization_details"] is not JsonArray)
            throw new OAuthErrorException(
                "invalid_authorization_details",
                "The authorization_details of a request object must be an array, and not its text (RFC 9396 §3)."
            );
        return Encode(
            jwt.Claims.Where(claim => claim.Key is not ("iss" or "aud" or "exp" or "nbf" or "iat" or "jti"))
                .SelectMany(claim => Values(claim.Key, claim.Value).Select(value => KeyValuePair.Create(claim.Key, value)))
        );
    }

    private static IEnumerable<string> Values(string name, JsonNode? value) =>
        value switch
        {
            JsonArray items when name is not "authorization_details" && items.All(item => item is JsonValue) => items.Select(item =>
                item!.ToString()
            ),
            JsonValue single when single.TryGetValue(out string? text) => [text],
            null => [],
            _ => [value.ToJsonString()],
        };

    private static string Encode(IEnumerable<KeyValuePair<string, string>> parameters) =>
        string.Join('&', parameters.Select(pair => Uri.EscapeDataString(pair.Key) + "=" + Uri.EscapeDataString(pair.Value)));
}
