using System.Net;

namespace OAuthClient;

/// <summary>Sends the requests that register a client (RFC 7591 §3) and that read, update and delete it (RFC 7592 §2).</summary>
internal sealed class RegistrationEndpointClient(EndpointClient endpoints, TimeProvider time)
{
    /// <exception cref="EndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthException">
    /// The server has no registration endpoint, or registered metadata with which this client cannot work.
    /// </exception>
    public async Task<DynamicClient> RegisterAsync(
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var endpoint =
            server.FindValid(ServerEndpoint.Registration)
            ?? throw new OAuthException(
                $"{server.ServerId} names no registration endpoint, so {current.DisplayName} cannot register itself there; set "
                    + "RegistrationEndpoint if the server has one, or register the client manually and set ClientId."
            );
        // The configured method applies, whichever method an earlier registration had.
        string method = ClientAuthenticationMethods.ChooseToRegister(current.ConfiguredAuthentication, current, server);
        var request = new BackChannelRequest(ServerEndpoint.Registration.Name, endpoint)
        {
            Json = RegistrationRequestBuilder.Build(current, server, method),
            Secrets = [current.DynamicRegistration!.SoftwareStatement],
        };
        return await SendAsync(request, known: null, current, method, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="EndpointException">The server refused the request; with status 401 it no longer knows the client.</exception>
    public Task<DynamicClient> ReadAsync(DynamicClient known, ClientConfiguration current, CancellationToken cancellationToken) =>
        SendAsync(RequestFor(known), known, current, NameOf(known), cancellationToken);

    /// <exception cref="EndpointException">The server refused the request; with status 401 it no longer knows the client.</exception>
    public Task<DynamicClient> UpdateAsync(
        DynamicClient known,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        string method = current.ConfiguredAuthentication is { } stated
            ? ClientAuthenticationMethods.ChooseToRegister(stated, current, server)
            : NameOf(known);
        var request = RequestFor(known) with
        {
            Method = HttpMethod.Put,
            Json = RegistrationRequestBuilder.Build(current, server, method, known),
            // Sending the same metadata twice has no further effect.
            RetryMode = RetryMode.Idempotent,
            Secrets = [known.ClientSecret?.Reveal(), current.DynamicRegistration!.SoftwareStatement],
        };
        return SendAsync(request, known, current, method, cancellationToken);
    }

    /// <summary>Deletes the client. A client that the server no longer knows is no error.</summary>
    /// <exception cref="EndpointException">The server refused the request.</exception>
    public async Task DeleteAsync(DynamicClient known, ClientConfiguration current, CancellationToken cancellationToken)
    {
        var request = RequestFor(known) with { Method = HttpMethod.Delete, RetryMode = RetryMode.Idempotent };
        var response = await endpoints
            .SendWithTokenAsync(request, known.RegistrationAccessToken!.Reveal(), current, cancellationToken)
            .ConfigureAwait(false);
        if (
            !response.IsSuccess
            && response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.NotFound or HttpStatusCode.Gone)
        )
            throw new EndpointException(response.Failure(response.Json()));
    }

    private static BackChannelRequest RequestFor(DynamicClient known) =>
        new("client configuration endpoint", known.ManagementUri!) { Secrets = [known.ClientSecret?.Reveal()] };

    // The registered method by the server's name, because TlsClientAuth has two names.
    private static string NameOf(DynamicClient known) =>
        known.Metadata.TextIfAny(RegistrationRequestBuilder.AuthenticationMethod)
        ?? ClientAuthenticationMethods.Of(known.Authentication).Names[0];

    private async Task<DynamicClient> SendAsync(
        BackChannelRequest request,
        DynamicClient? known,
        ClientConfiguration current,
        string method,
        CancellationToken cancellationToken
    )
    {
        string? token = known is null ? current.DynamicRegistration!.InitialAccessToken : known.RegistrationAccessToken!.Reveal();
        var response = await endpoints.SendWithTokenAsync(request, token, current, cancellationToken).ConfigureAwait(false);
        var json = response.Json();
        // Some servers respond with status 200 and an error in the body.
        if (response.IsSuccess && json is { } answer && answer.TextIfAny(ParameterNames.Error) is null)
            return RegistrationResponseReader.Read(answer, current, request.Endpoint, known, method, time.GetUtcNow());
        var failure = response.Failure(json);
        throw new EndpointException(
            response.StatusCode != HttpStatusCode.Unauthorized
                ? failure
                : failure with
                {
                    Hint = known is not null
                        ? ": the server no longer knows the client, or replaced its registration access token (RFC 7592 §2.1); register it "
                            + "again."
                        : ": this server requires a valid initial access token (RFC 7591 §3); set InitialAccessToken, or check it.",
                }
        );
    }
}
