namespace OAuthClient;

/// <summary>
/// Sends authenticated requests to the endpoints of the authorization server. The authentication is asked for each attempt.
/// </summary>
/// <param name="backChannel">Sends the requests.</param>
/// <param name="proofs">Creates the proofs of possession.</param>
/// <param name="authentication">
/// Chooses the authentication of the client; <see langword="null"/> to choose by <see cref="ClientAuthenticationMethods"/>.
/// </param>
internal sealed class EndpointClient(
    BackChannelClient backChannel,
    DPoPProofs proofs,
    Func<ClientConfiguration, AuthorizationServerMetadata, IClientAuthentication>? authentication = null
)
{
    private readonly Func<ClientConfiguration, AuthorizationServerMetadata, IClientAuthentication> authentication =
        authentication
        ?? (static (configuration, server) => ClientAuthenticationMethods.Choose(configuration, server).Create(configuration));
    private volatile Choice? chosen;

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
        var known = Choose(configuration, server);
        (request.Authenticate, request.InvalidClientAdvice) = (known.Authenticate, known.InvalidClientAdvice);
        if (request.ProofKey is { } key)
        {
            request.Nonces = proofs.ServerNonces;
            request.Authenticate = async (attempt, cancellation) =>
            {
                await known.Authenticate(attempt, cancellation).ConfigureAwait(false);
                attempt.Prove(
                    await proofs
                        .CreateForServerAsync(key, attempt.Method, attempt.Endpoint, attempt.RequiredNonce, cancellation)
                        .ConfigureAwait(false)
                );
            };
        }
        return backChannel.SendAsync(request, configuration, cancellationToken);
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
                        attempt.Authorize(TokenScheme.Bearer.CreateHeader(token), token);
                        return ValueTask.CompletedTask;
                    },
                },
            configuration,
            cancellationToken
        );

    /// <summary>Sends a request that presents an access token, with a proof if it is bound to a key (RFC 9449 §7.1).</summary>
    /// <param name="request">The request.</param>
    /// <param name="token">The token.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The response, also one with an error status.</returns>
    /// <inheritdoc cref="BackChannelClient.SendAsync" path="/exception"/>
    public Task<BackChannelResponse> SendWithTokenAsync(
        BackChannelRequest request,
        AccessToken token,
        ClientConfiguration configuration,
        CancellationToken cancellationToken
    )
    {
        if (token.Key is null)
            return SendWithTokenAsync(request, token.Reveal(), configuration, cancellationToken);
        request.Nonces = proofs.ApiNonces;
        request.Authenticate = async (attempt, cancellation) =>
        {
            attempt.Authorize(token.AuthorizationHeader, token.Reveal());
            attempt.Prove(
                await proofs
                    .CreateForTokenAsync(token, attempt.Method, attempt.Endpoint, attempt.RequiredNonce, cancellation)
                    .ConfigureAwait(false)
            );
        };
        return backChannel.SendAsync(request, configuration, cancellationToken);
    }

    // The choice depends on the configuration and the metadata alone, so it is made anew only when one of them changes.
    private Choice Choose(ClientConfiguration configuration, AuthorizationServerMetadata server) =>
        chosen is { } known && ReferenceEquals(known.Configuration, configuration) && ReferenceEquals(known.Server, server)
            ? known
            : chosen = Create(configuration, server);

    private Choice Create(ClientConfiguration configuration, AuthorizationServerMetadata server)
    {
        var client = authentication(configuration, server);
        return new(
            configuration,
            server,
            (attempt, cancellationToken) => client.ApplyAsync(attempt, server, cancellationToken),
            client.InvalidClientAdvice
        );
    }

    private sealed record Choice(
        ClientConfiguration Configuration,
        AuthorizationServerMetadata Server,
        Func<AuthenticatedRequest, CancellationToken, ValueTask> Authenticate,
        string? InvalidClientAdvice
    );
}
