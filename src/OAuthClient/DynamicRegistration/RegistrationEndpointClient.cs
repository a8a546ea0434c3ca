using System.Net;

namespace OAuthClient;

/// <summary>Sends the requests that register a client (RFC 7591 §3) and that read, update and delete it (RFC 7592 §2).</summary>
internal sealed class RegistrationEndpointClient(BackChannelClient backChannel, TimeProvider time)
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
            server.RegistrationEndpoint
            ?? throw new OAuthException(
                $"{server.ServerId} names no registration endpoint, so {current.DisplayName} cannot register itself there; set "
                    + "RegistrationEndpoint if the server has one, or register the client manually and set ClientId."
            );
        var options = current.DynamicRegistration!;
        // The configured method applies, whichever method an earlier registration had.
        string method = ClientAuthenticationNames.Choose(current.ConfiguredAuthentication, current, server);
        var response = await backChannel
            .SendAsync(
                new BackChannelRequest("registration endpoint", endpoint)
                {
                    Json = RegistrationRequestBuilder.ForRegistration(current, options, method),
                    Authorization = options.InitialAccessToken is { } token ? BearerScheme.Instance.CreateHeader(token) : null,
                    Secrets = [.. new[] { options.InitialAccessToken, options.SoftwareStatement }.OfType<string>()],
                },
                current,
                cancellationToken
            )
            .ConfigureAwait(false);
        return Read(response, current, endpoint, known: null, method);
    }

    /// <exception cref="EndpointException">The server refused the request; with status 401 it no longer knows the client.</exception>
    public async Task<DynamicClient> ReadAsync(DynamicClient known, ClientConfiguration current, CancellationToken cancellationToken)
    {
        var response = await backChannel.SendAsync(Manage(known), current, cancellationToken).ConfigureAwait(false);
        return Read(response, current, known.ManagementUri!, known, NameOf(known));
    }

    /// <exception cref="EndpointException">The server refused the request; with status 401 it no longer knows the client.</exception>
    public async Task<DynamicClient> UpdateAsync(
        DynamicClient known,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var options = current.DynamicRegistration!;
        string method = current.ConfiguredAuthentication is { } stated
            ? ClientAuthenticationNames.Choose(stated, current, server)
            : NameOf(known);
        var request = Manage(known) with
        {
            Method = HttpMethod.Put,
            Json = RegistrationRequestBuilder.ForUpdate(known, current, options, method),
            // Sending the same metadata twice has no further effect.
            RetryMode = RetryMode.Idempotent,
            Secrets = [known.RegistrationAccessToken!.Reveal(), .. new[] { options.SoftwareStatement }.OfType<string>()],
        };
        return Read(
            await backChannel.SendAsync(request, current, cancellationToken).ConfigureAwait(false),
            current,
            known.ManagementUri!,
            known,
            method
        );
    }

    /// <summary>Deletes the client. A client that the server no longer knows is no error.</summary>
    /// <exception cref="EndpointException">The server refused the request.</exception>
    public async Task DeleteAsync(DynamicClient known, ClientConfiguration current, CancellationToken cancellationToken)
    {
        var request = Manage(known) with { Method = HttpMethod.Delete, RetryMode = RetryMode.Idempotent };
        var response = await backChannel.SendAsync(request, current, cancellationToken).ConfigureAwait(false);
        if (
            !response.IsSuccess
            && response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.NotFound or HttpStatusCode.Gone)
        )
            throw new EndpointException(response.Failure(response.Json()));
    }

    private static BackChannelRequest Manage(DynamicClient known) =>
        new("client configuration endpoint", known.ManagementUri!)
        {
            Authorization = BearerScheme.Instance.CreateHeader(known.RegistrationAccessToken!.Reveal()),
            Secrets = [known.RegistrationAccessToken.Reveal()],
            ClientSecret = known.ClientSecret,
        };

    // The registered method by the server's name, because TlsClientAuth has two names.
    private static string NameOf(DynamicClient known) =>
        known.Metadata.TextIfAny(RegistrationRequestBuilder.AuthenticationMethod) ?? ClientAuthenticationNames.Of(known.Authentication);

    private DynamicClient Read(BackChannelResponse response, ClientConfiguration current, Uri endpoint, DynamicClient? known, string method)
    {
        var json = response.Json();
        // Some servers respond with status 200 and an error in the body.
        if (response.IsSuccess && json is { } answer && answer.TextIfAny(ParameterNames.Error) is null)
            return RegistrationResponseReader.Read(answer, current, endpoint, known, method, time.GetUtcNow());
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
