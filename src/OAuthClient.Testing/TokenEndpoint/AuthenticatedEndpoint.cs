using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>
/// Common processing of the endpoints with client authentication: form body, client authentication and JSON errors (RFC 6749 §5.2).
/// </summary>
internal static class AuthenticatedEndpoint
{
    private static readonly string[] BodyParameters =
    [
        "client_id",
        "client_secret",
        "code",
        "code_verifier",
        "device_code",
        "refresh_token",
        "token",
        "grant_type",
        "access_token",
    ];

    public static Reply Answer(RecordedRequest request, ServerState server, Func<TestClient, FormParameters, Reply> answer)
    {
        if (request.Method is not "POST")
            return Reply.MethodNotAllowed("POST");
        try
        {
            if (!request.HasForm)
                throw OAuthErrorException.InvalidRequest("The body must be application/x-www-form-urlencoded.");
            if (request.FormParameters.Repeated() is { } repeated)
                throw OAuthErrorException.InvalidRequest($"The parameter {repeated} was sent more than once.");
            if (BodyParameters.FirstOrDefault(request.QueryParameters.Contains) is { } misplaced)
                throw OAuthErrorException.InvalidRequest($"The parameter {misplaced} must not be in the query.");
            return WithNonce(answer(ClientRequestAuthentication.Authenticate(request, server), request.FormParameters));
        }
        catch (OAuthErrorException oAuthErrorException)
        {
            JsonObject error = new() { ["error"] = oAuthErrorException.Error, ["error_description"] = oAuthErrorException.Description };
            if (oAuthErrorException.Claims is { } claims)
                error["claims"] = claims;
            Reply reply = WithNonce(Reply.Json(oAuthErrorException.Status, error).NotStored());
            return oAuthErrorException.Status is 401
                ? reply.With("WWW-Authenticate", $"Basic realm=\"{server.Issuer}\", charset=\"UTF-8\"")
                : reply;
        }

        // Only these endpoints accept proofs (RFC 9449 §5, §10.1).
        Reply WithNonce(Reply reply) =>
            request.Endpoint is TestEndpoint.Token or TestEndpoint.PushedAuthorization && !server.Options.IgnoreDPoPProofs
                ? server.DPoP.WithNonce(reply)
                : reply;
    }
}
