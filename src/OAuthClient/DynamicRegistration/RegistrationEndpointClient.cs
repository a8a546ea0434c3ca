using System.Net;

namespace OAuthClient;

/// <summary>Registers a client (RFC 7591 §3), and reads, updates and deletes it where it was registered (RFC 7592 §2).</summary>
internal sealed class RegistrationEndpointClient(BackChannelClient backChannel, TimeProvider time)
{
    /// <exception cref="EndpointException">The server refused.</exception>
    /// <exception cref="OAuthException">It has no such endpoint, or registered what cannot be used.</exception>
    public async Task<DynamicClient> RegisterAsync(
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var endpoint =
            server.RegistrationEndpoint
            ?? throw new OAuthException(
                $"{server.ServerId} names no registration endpoint, so {current.DisplayName} cannot register itself there; spell out RegistrationEndpoint if it has one, or register the client by hand and set ClientId."
            );
        var options = current.DynamicRegistration!;
        // What the developer stated, whatever an earlier registration made of it.
        string method = ClientAuthenticationNames.Choose(current.ConfiguredAuthentication, current, server);
        var response = await backChannel
            .SendAsync(
                new BackChannelRequest("registration endpoint", endpoint)
                {
                    Json = RegistrationRequestBuilder.ForRegistration(current, options, method),
                    Authorization = options.InitialAccessToken is { } token ? "Bearer " + token : null,
                    Secrets = [.. new[] { options.InitialAccessToken, options.SoftwareStatement }.OfType<string>()],
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        return Read(response, current, endpoint, known: null, method);
    }

    /// <exception cref="EndpointException">The server refused; with 401 it does not know the client any more.</exception>
    public async Task<DynamicClient> ReadAsync(DynamicClient known, ClientConfiguration current, CancellationToken cancellationToken)
    {
        var response = await backChannel.SendAsync(Manage(known), cancellationToken).ConfigureAwait(false);
        return Read(response, current, known.ManagementUri!, known, NameOf(known));
    }

    /// <exception cref="EndpointException">The server refused; with 401 it does not know the client any more.</exception>
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
            // To say the same twice changes nothing.
            RetryMode = RetryMode.Idempotent,
            Secrets = [known.RegistrationAccessToken!.Reveal(), .. new[] { options.SoftwareStatement }.OfType<string>()],
        };
        return Read(
            await backChannel.SendAsync(request, cancellationToken).ConfigureAwait(false),
            current,
            known.ManagementUri!,
            known,
            method
        );
    }

    /// <summary>That it was gone before is no error.</summary>
    /// <exception cref="EndpointException">The server refused.</exception>
    public async Task DeleteAsync(DynamicClient known, CancellationToken cancellationToken)
    {
        var request = Manage(known) with { Method = HttpMethod.Delete, RetryMode = RetryMode.Idempotent };
        var response = await backChannel.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (
            !response.IsSuccess
            && response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.NotFound or HttpStatusCode.Gone)
        )
            throw new EndpointException(response.Failure(response.Json()));
    }

    private static BackChannelRequest Manage(DynamicClient known) =>
        new("client configuration endpoint", known.ManagementUri!)
        {
            Authorization = "Bearer " + known.RegistrationAccessToken!.Reveal(),
            Secrets = [known.RegistrationAccessToken.Reveal()],
            ClientSecret = known.ClientSecret,
        };

    // What it is registered for, in the server's own word where there are two.
    private static string NameOf(DynamicClient known) =>
        known.Metadata.TextIfAny(RegistrationRequestBuilder.AuthenticationMethod) ?? ClientAuthenticationNames.Of(known.Authentication);

    private DynamicClient Read(BackChannelResponse response, ClientConfiguration current, Uri asked, DynamicClient? known, string method)
    {
        var json = response.Json();
        // Some servers answer 200 with an error inside.
        if (response.IsSuccess && json is { } answer && answer.TextIfAny(ParameterNames.Error) is null)
            return RegistrationResponseReader.Read(answer, current, asked, known, method, time.GetUtcNow());
        var failure = response.Failure(json);
        throw new EndpointException(
            response.StatusCode != HttpStatusCode.Unauthorized
                ? failure
                : failure with
                {
                    Hint = known is not null
                        ? ": the client is gone there, or its registration access token was replaced (RFC 7592 §2.1); it has to be registered anew."
                        : ": this server registers only those who have an initial access token (RFC 7591 §3); set InitialAccessToken, or check it.",
                }
        );
    }
}
