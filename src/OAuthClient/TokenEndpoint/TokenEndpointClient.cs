using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>Sends token requests (RFC 6749 §3.2) and reads the responses.</summary>
internal sealed class TokenEndpointClient(
    ServerMetadataCache metadata,
    EndpointClient endpoints,
    DPoPKeyProvider keys,
    TimeProvider time,
    ILogger logger
)
{
    private int loggedDeviations;

    /// <summary>Loads the server's metadata, sends a token request and reads the response.</summary>
    /// <exception cref="TokenEndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthProtocolException">The response does not conform to the specification.</exception>
    public async Task<TokenResponse> SendAsync(
        TokenRequest request,
        ClientConfiguration configuration,
        CancellationToken cancellationToken
    ) => (await SendAsync(request, configuration, server: null, tracker: null, cancellationToken).ConfigureAwait(false)).EnsureUsable();

    /// <summary>
    /// Sends a token request and reads the response, whose access token may be unusable (<see cref="TokenResponse.Fault"/>).
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="server">The metadata of the server; <see langword="null"/> to load them.</param>
    /// <param name="tracker">
    /// A new tracker, which records what <see cref="RefreshTokenOutcomes"/> evaluates; <see langword="null"/> if that is not needed.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <exception cref="TokenEndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthProtocolException">The response does not conform to the specification.</exception>
    /// <exception cref="SendCancelledException"><paramref name="tracker"/> did not permit the request to be sent.</exception>
    public async Task<TokenResponse> SendAsync(
        TokenRequest request,
        ClientConfiguration configuration,
        AuthorizationServerMetadata? server,
        SendTracker? tracker,
        CancellationToken cancellationToken
    )
    {
        server ??= await metadata.FindAsync(configuration, cancellationToken).ConfigureAwait(false);
        request.EnsureAllowed(configuration);
        var form = new List<KeyValuePair<string, string>>(8) { new(ParameterNames.GrantType, request.GrantType) };
        foreach (var parameter in request.Parameters())
            form.Add(parameter);
        if (request.Scopes is { Count: > 0 } scopes)
            form.Add(new(ParameterNames.Scope, configuration.Adaptation.JoinScopes(scopes)));
        if (!request.OmitsResource(configuration.Adaptation))
        {
            foreach (string resource in request.Resources)
                form.Add(new(ParameterNames.Resource, resource));
        }
        if (request.AuthorizationDetails is { } details)
            form.Add(new(ParameterNames.AuthorizationDetails, details.ToJson()));
        AdditionalParameters.AddMissing(form, request.GetFurtherParameters(configuration));
        var key = request.HasChosenKey ? request.ProofKey : keys.FindForClient(configuration);
        if (key is not null)
            server.EnsureAcceptsProofsOf(keys.SignerOf(key).Algorithm);
        var response = await endpoints
            .SendAsync(
                new BackChannelRequest(ServerEndpoint.Token, server)
                {
                    Form = form,
                    RetryMode = request.RetryMode,
                    AffectsOtherRequests = request.AffectsOtherRequests,
                    SendTracker = tracker,
                    Secrets = request.Secrets,
                    ProofKey = key,
                },
                configuration,
                server,
                cancellationToken
            )
            .ConfigureAwait(false);
        try
        {
            var tokens = TokenResponseReader.Read(response, request, key, configuration.Adaptation, out var deviations);
            configuration.Refusals.Clear();
            LogDeviations(deviations, configuration);
            return tokens;
        }
        catch (TokenEndpointException refusal) when (refusal.Error == ErrorCodes.InvalidClient)
        {
            RecordRefusal(request, configuration);
            throw;
        }
    }

    // Once for each kind of deviation: a server deviates in each response.
    private void LogDeviations(TokenResponseDeviations deviations, ClientConfiguration configuration)
    {
        if (deviations == TokenResponseDeviations.None)
            return;
        var known = (TokenResponseDeviations)Interlocked.Or(ref loggedDeviations, (int)deviations);
        if ((deviations & ~known) is var unknown and not TokenResponseDeviations.None)
            Log.TokenResponseDeviates(logger, configuration.Name, TokenResponseDeviationTexts.Describe(unknown));
    }

    // Some servers respond with invalid_client to a rejected code or assertion, which an outside caller can choose.
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
