using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>What the token endpoint and the revocation endpoint have in common: a form, a client that authenticates, errors as JSON (RFC 6749 §5.2).</summary>
internal static class AuthenticatedEndpoint
{
    private static readonly string[] OnlyInTheBody =
    [
        "client_id",
        "client_secret",
        "code",
        "code_verifier",
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
            if (OnlyInTheBody.FirstOrDefault(request.QueryParameters.Contains) is { } misplaced)
                throw OAuthErrorException.InvalidRequest($"The parameter {misplaced} must not be in the query.");
            return answer(ClientAuthenticator.Authenticate(request, server), request.FormParameters);
        }
        catch (OAuthErrorException oAuthErrorException)
        {
            Reply reply = Reply
                .Json(
                    oAuthErrorException.Status,
                    new JsonObject { ["error"] = oAuthErrorException.Error, ["error_description"] = oAuthErrorException.Description }
                )
                .NotStored();
            return oAuthErrorException.Status is 401
                ? reply.With("WWW-Authenticate", $"Basic realm=\"{server.Issuer}\", charset=\"UTF-8\"")
                : reply;
        }
    }
}
