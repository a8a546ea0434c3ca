namespace OAuthClient;

/// <summary>Gives tokens back (RFC 7009).</summary>
internal sealed class RevocationEndpointClient(BackChannelClient backChannel)
{
    /// <exception cref="EndpointException">The server did not take it back.</exception>
    public async Task RevokeAsync(
        Secret token,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var form = new List<KeyValuePair<string, string>>(4)
        {
            new(ParameterNames.Token, token.Reveal()),
            new(ParameterNames.TokenTypeHint, token is RefreshToken ? ParameterNames.RefreshToken : ParameterNames.AccessToken),
        };
        string? authorization = ClientAuthenticator.Authenticate(configuration, server, form);
        var request = new BackChannelRequest("revocation endpoint", server.RevocationEndpoint!)
        {
            Form = form,
            // §2.2: to revoke what is revoked is no error.
            RetryMode = RetryMode.Idempotent,
            Authorization = authorization,
            IsPublicClient = configuration.ClientSecret is null,
            UsesCertificate = configuration.AuthenticatesByCertificate,
            Secrets = [token.Reveal()],
            ClientSecret = configuration.ClientSecret,
        };
        var response = await backChannel.SendAsync(request, cancellationToken).ConfigureAwait(false);
        // §2.2: 200 also for a token the server does not know. §2.2.1: a kind of token it cannot revoke is not our fault.
        if (response.IsSuccess)
            return;
        var failure = response.Failure(response.Json());
        if (!string.Equals(failure.Error, ErrorCodes.UnsupportedTokenType, StringComparison.Ordinal))
            throw new EndpointException(failure);
    }
}
