namespace OAuthClient;

/// <summary>Sends the identifier in the body, without credentials (<c>none</c>, RFC 6749 §3.2.1).</summary>
internal sealed class PublicClient(ClientConfiguration configuration) : IClientAuthentication
{
    public string InvalidClientAdvice =>
        ": ClientSecret is not set, so the request was sent as that of a public client; set it if the server issued one, and check "
        + "ClientId.";

    public ValueTask ApplyAsync(AuthenticatedRequest request, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        request.Add(ParameterNames.ClientId, configuration.ClientId);
        return ValueTask.CompletedTask;
    }
}
