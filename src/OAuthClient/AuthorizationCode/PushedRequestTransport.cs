namespace OAuthClient;

/// <summary>
/// Pushes the parameters to the server over the back channel, where the client authenticates. The browser's address contains only a
/// reference (RFC 9126).
/// </summary>
internal sealed class PushedRequestTransport(EndpointClient endpoints) : IAuthorizationRequestTransport
{
    public bool CanSend(ClientConfiguration configuration, AuthorizationServerMetadata server) =>
        configuration.PushedAuthorization switch
        {
            PushedAuthorizationUse.Always => true,
            PushedAuthorizationUse.WhenOffered => server.RequiresPushedRequests
                || server.FindValid(ServerEndpoint.PushedAuthorization) is not null,
            PushedAuthorizationUse.WhenRequired => server.RequiresPushedRequests,
            _ => server.RequiresPushedRequests
                ? throw new OAuthException(
                    $"{server.ServerId} accepts pushed authorization requests only (RFC 9126 §5), and PushedAuthorization is Never; "
                        + "leave it out."
                )
                : false,
        };

    public async ValueTask<string> CreateAddressAsync(
        AuthorizationRequest request,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var push = new BackChannelRequest(ServerEndpoint.PushedAuthorization, server)
        {
            Form = request.Parameters,
            // A repeated request creates another reference, and the first one is never used.
            RetryMode = RetryMode.Idempotent,
            Secrets = [.. FormSecrets.Of(request.SignedParameters)],
            ProofKey = request.Pending.DPoPKey,
        };
        var response = await endpoints.SendAsync(push, configuration, server, cancellationToken).ConfigureAwait(false);
        var json = response.Json();
        if (!response.IsSuccess || json is not { } members || !members.Member(ParameterNames.Error).IsAbsent())
            throw new EndpointException(response.Failure(json));
        string reference =
            members.Text("request_uri")
            ?? throw new OAuthProtocolException(
                "The response of the pushed authorization request endpoint has no request_uri (RFC 9126 §2.2)."
            );
        var query = new QueryStringBuilder(request.Endpoint);
        query.Add(configuration.Adaptation.NameOf(ParameterNames.ClientId), configuration.ClientId);
        query.Add("request_uri", reference);
        return query.ToTextAndClear();
    }
}
