using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Creates authorization responses (RFC 6749 §4.1.2, RFC 9207 §2).</summary>
internal static class AuthorizationResponseWriter
{
    public static Reply Code(ServerState server, ReceivedAuthorizationRequest request, IssuedCode code) =>
        Create(server, request, [new("code", code.Value)]);

    public static Reply Error(ServerState server, ReceivedAuthorizationRequest request, string error, string description) =>
        Create(server, request, [new("error", error), new("error_description", description)]);

    private static Reply Create(ServerState server, ReceivedAuthorizationRequest request, List<KeyValuePair<string, string>> parameters)
    {
        if (request.State is { } state)
            parameters.Add(new("state", state));
        if (server.SendsIssuer)
            parameters.Add(new("iss", server.Issuer));
        ParameterDefects.ApplyToCallback(server.Options.Defect, parameters);
        server.Options.OnAuthorizationResponse?.Invoke(parameters);
        if (request.SignsResponse && server.Options.Defect is not Defect.SignedResponseMissing)
            parameters = [new("response", Sign(server, request, parameters))];
        if (request.FormPost)
            return FormPostPage.Create(request.RedirectUri, parameters);

        // 307 would forward the user's password to the client (RFC 9700 §4.12).
        return Reply.Redirect(303, AddQuery(request.RedirectUri, parameters)).NotStored().With("Referrer-Policy", "no-referrer");
    }

    private static string Sign(
        ServerState server,
        ReceivedAuthorizationRequest request,
        IEnumerable<KeyValuePair<string, string>> parameters
    )
    {
        JsonObject claims = new()
        {
            ["iss"] = server.Issuer,
            ["aud"] = request.Client.ClientId,
            ["exp"] = server.Now.AddMinutes(5).ToUnixTimeSeconds(),
        };
        // The iss of the JWT is that of the response.
        foreach ((string name, string value) in parameters.Where(parameter => parameter.Key is not "iss"))
            claims[name] = value;
        ClaimDefects.Apply(server.Options.Defect, IssuedJwtKind.AuthorizationResponse, claims);
        return ServerToken.Sign(
            server,
            request.Client,
            request.Client.AuthorizationResponseSigningAlgorithm ?? server.Options.SigningAlgorithm,
            IssuedJwtKind.AuthorizationResponse,
            claims
        );
    }

    public static string AddQuery(string uri, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        string query = string.Join('&', parameters.Select(pair => Uri.EscapeDataString(pair.Key) + "=" + Uri.EscapeDataString(pair.Value)));
        return query is "" ? uri : uri + (uri.Contains('?', StringComparison.Ordinal) ? "&" : "?") + query;
    }
}
