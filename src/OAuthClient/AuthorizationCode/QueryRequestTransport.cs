namespace OAuthClient;

/// <summary>Sends the parameters in the query of the authorization endpoint (RFC 6749 §4.1.1).</summary>
internal sealed class QueryRequestTransport : IAuthorizationRequestTransport
{
    public bool CanSend(ClientConfiguration configuration, AuthorizationServerMetadata server) => true;

    public ValueTask<string> CreateAddressAsync(
        AuthorizationRequest request,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    ) => new(CreateAddress(request, configuration.Adaptation));

    /// <summary>Adds the encoded parameters, under the server's names, to the query of the endpoint.</summary>
    public static string CreateAddress(AuthorizationRequest request, ServerAdaptation adaptation)
    {
        adaptation.Rename(request.Parameters);
        var query = new QueryStringBuilder(request.Endpoint);
        foreach (var (name, value) in request.Parameters)
            query.Add(name, value);
        return query.ToTextAndClear();
    }
}
