namespace OAuthClient;

/// <summary>Sends the parameters of an authorization request to the server, in the browser's address or another way.</summary>
internal interface IAuthorizationRequestTransport
{
    /// <summary>Determines whether the client sends its requests to the server this way. The first transport that does is used.</summary>
    bool CanSend(ClientConfiguration configuration, AuthorizationServerMetadata server);

    /// <summary>Creates the address to send the browser to.</summary>
    /// <param name="request">The request, whose parameters are not encoded.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="server">The metadata of the server.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    ValueTask<string> CreateAddressAsync(
        AuthorizationRequest request,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    );
}
