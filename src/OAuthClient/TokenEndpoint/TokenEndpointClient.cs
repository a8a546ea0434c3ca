using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>Sends token requests (RFC 6749 §3.2) and reads the answers.</summary>
internal sealed class TokenEndpointClient(BackChannelClient backChannel, TimeProvider time, ILogger logger)
{
    /// <exception cref="TokenEndpointException">The server refused.</exception>
    /// <exception cref="OAuthProtocolException">The server's answer is no token response the specification knows.</exception>
    public Task<TokenResponse> SendAsync(
        TokenRequest request,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    ) => SendAsync(request, configuration, server, tracker: null, cancellationToken);

    /// <param name="request">What is asked for.</param>
    /// <param name="configuration">Who asks.</param>
    /// <param name="server">Who is asked.</param>
    /// <param name="tracker">A new one, where that matters; afterwards it tells what <see cref="RefreshTokenOutcomes"/> needs to know.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="TokenEndpointException">The server refused.</exception>
    /// <exception cref="OAuthProtocolException">The server's answer is no token response the specification knows.</exception>
    /// <exception cref="SendCancelledException"><paramref name="tracker"/> forbade it.</exception>
    public async Task<TokenResponse> SendAsync(
        TokenRequest request,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        SendTracker? tracker,
        CancellationToken cancellationToken
    )
    {
        request.EnsureAllowed(configuration);
        var endpoint =
            server.TokenEndpoint
            ?? throw new OAuthException($"{server.ServerId} names no token endpoint in its metadata; spell out TokenEndpoint.");

        var form = new List<KeyValuePair<string, string>>(8) { new(ParameterNames.GrantType, request.GrantType) };
        foreach (var parameter in request.Parameters())
            form.Add(parameter);
        if (request.Scopes is { Count: > 0 } scopes)
            form.Add(new(ParameterNames.Scope, ScopeList.Join(scopes)));
        foreach (string resource in request.Resources)
            form.Add(new(ParameterNames.Resource, resource));
        string? authorization = ClientAuthenticator.Authenticate(configuration, server, form);

        var response = await backChannel
            .SendAsync(
                new BackChannelRequest("token endpoint", endpoint)
                {
                    Form = form,
                    RetryMode = request.RetryMode,
                    AffectsOtherRequests = request.AffectsOtherRequests,
                    SendTracker = tracker,
                    Authorization = authorization,
                    IsPublicClient = configuration.ClientSecret is null,
                    UsesCertificate = configuration.AuthenticatesByCertificate,
                    Secrets = request.Secrets,
                    ClientSecret = configuration.ClientSecret,
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        try
        {
            var tokens = TokenResponseReader.Read(response, request, response.RequestedAt);
            configuration.Refusals.Clear();
            return tokens;
        }
        catch (TokenEndpointException refusal) when (refusal.Error == ErrorCodes.InvalidClient)
        {
            RecordRefusal(request, configuration);
            throw;
        }
    }

    // Some servers answer invalid_client to a code or an assertion that they do not like, and those an outside caller can choose.
    private void RecordRefusal(TokenRequest request, ClientConfiguration configuration)
    {
        if (!request.AffectsOtherRequests || !configuration.Refusals.Record(time) || configuration.Registered is not { } client)
            return;
        if (client.CanBeManaged)
            Log.ManagedClientRefused(logger, configuration.Name);
        else
            Log.UnmanagedClientRefused(logger, configuration.Name, CredentialRefusals.ConfirmationPeriod.TotalMinutes);
    }
}
