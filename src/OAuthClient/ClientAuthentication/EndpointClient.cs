namespace OAuthClient;

/// <summary>
/// Sends authenticated requests to the endpoints of the authorization server. The authentication is asked for each attempt.
/// </summary>
/// <param name="backChannel">Sends the requests.</param>
/// <param name="authentication">
/// Chooses the authentication of the client; <see langword="null"/> to choose by <see cref="ClientAuthenticationMethods"/>.
/// </param>
internal sealed class EndpointClient(
    BackChannelClient backChannel,
    Func<ClientConfiguration, AuthorizationServerMetadata, IClientAuthentication>? authentication = null
)
{
    private readonly Func<ClientConfiguration, AuthorizationServerMetadata, IClientAuthentication> authentication =
        authentication
        ?? (static (configuration, server) => ClientAuthenticationMethods.Choose(configuration, server).Create(configuration));

    /// <summary>Sends a request that authenticates the client (RFC 6749 §2.3).</summary>
    /// <param name="request">The request, which has a form.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="server">The metadata of the server.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The response, also one with an error status.</returns>
    /// <inheritdoc cref="BackChannelClient.SendAsync" path="/exception"/>
    public Task<BackChannelResponse> SendAsync(
        BackChannelRequest request,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var client = authentication(configuration, server);
        return backChannel.SendAsync(
            request with
            {
                Authenticate = async (attempt, cancelled) =>
                {
                    await client.ApplyAsync(attempt, server, cancelled).ConfigureAwait(false);
                    configuration.Adaptation.Rename(attempt.Form);
                },
                InvalidClientAdvice = client.InvalidClientAdvice,
            },
            configuration,
            cancellationToken
        );
    }

    /// <summary>Sends a request that presents a bearer token (RFC 6750 §2.1).</summary>
    /// <param name="request">The request.</param>
    /// <param name="token">The token; <see langword="null"/> to send the request without authentication.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The response, also one with an error status.</returns>
    /// <inheritdoc cref="BackChannelClient.SendAsync" path="/exception"/>
    public Task<BackChannelResponse> SendWithTokenAsync(
        BackChannelRequest request,
        string? token,
        ClientConfiguration configuration,
        CancellationToken cancellationToken
    ) =>
        backChannel.SendAsync(
            token is null
                ? request
                : request with
                {
                    Authenticate = (attempt, _) =>
                    {
                        attempt.Authorize(BearerScheme.Instance.Name + " " + token, token);
                        return ValueTask.CompletedTask;
                    },
                },
            configuration,
            cancellationToken
        );
}
