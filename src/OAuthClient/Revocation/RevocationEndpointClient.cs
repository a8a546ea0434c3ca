namespace OAuthClient;

/// <summary>Revokes tokens (RFC 7009).</summary>
internal sealed class RevocationEndpointClient(EndpointClient endpoints)
{
    /// <exception cref="EndpointException">The server did not revoke the token.</exception>
    public async Task RevokeAsync(
        Secret token,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var request = new BackChannelRequest(ServerEndpoint.Revocation, server)
        {
            Form =
            [
                new(ParameterNames.Token, token.Reveal()),
                new(ParameterNames.TokenTypeHint, token is RefreshToken ? ParameterNames.RefreshToken : ParameterNames.AccessToken),
                .. configuration.RevocationParameters,
            ],
            // §2.2: revoking a token a second time is not an error.
            RetryMode = RetryMode.Idempotent,
            Secrets = [token.Reveal()],
        };
        var response = await endpoints.SendAsync(request, configuration, server, cancellationToken).ConfigureAwait(false);
        // §2.2: the server responds with 200 also for a token that it does not know. §2.2.1: a server need not support each type of token.
        if (response.IsSuccess)
            return;
        var failure = response.Failure(response.Json());
        if (failure.Error != ErrorCodes.UnsupportedTokenType)
            throw new EndpointException(failure);
    }
}
