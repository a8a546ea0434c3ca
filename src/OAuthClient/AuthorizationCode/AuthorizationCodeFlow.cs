using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// The authorization code flow (RFC 6749 §4.1). It begins authorizations, and completes them: it validates the callback, redeems the code,
/// validates the ID Token and has the grant stored.
/// </summary>
internal sealed class AuthorizationCodeFlow(
    ClientConfigurationProvider configuration,
    ServerMetadataCache metadata,
    IReadOnlyList<IAuthorizationRequestTransport> transports,
    IReadOnlyList<IAuthorizationResponseDecoder> decoders,
    TokenEndpointClient tokenEndpoint,
    DPoPKeyProvider keys,
    IdTokenValidator idTokens,
    GrantIssuer issuer,
    Func<AccessToken, string?, ClientConfiguration, AuthorizationServerMetadata, Task<GrantAccount?>> findAccount,
    IGrantStore store,
    ClientTelemetry telemetry,
    TimeProvider time,
    ILogger logger
)
{
    private readonly CoarseClock clock = new(time);

    /// <summary>Creates a pending authorization and the address to send the browser to (RFC 6749 §4.1.1).</summary>
    /// <param name="parameters">The parameters in addition to the options.</param>
    /// <param name="renewsSignIn">Whether only the user who signed in by the client may complete it.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public async Task<PendingAuthorization> BeginAsync(
        AuthorizationParameters? parameters,
        bool renewsSignIn,
        CancellationToken cancellationToken
    )
    {
        long now = clock.Now;
        var current = await configuration.GetRegisteredAsync(now, cancellationToken).ConfigureAwait(false);
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        // The user would authorize in vain if the code could not be redeemed.
        server.FindValid(ServerEndpoint.Token);
        if (!server.SendsIssuerInResponse && current.SharesRedirectUri)
        {
            throw new OAuthException(
                $"{server.ServerId} does not name itself in its callbacks (RFC 9207), and callbacks of another server arrive at the same "
                    + "redirect URI, which permits a mix-up attack (RFC 9700 §4.4). "
                    + $"Give {current.DisplayName} a RedirectUri of its own."
            );
        }
        var key = keys.FindForNewGrant(current);
        if (key is not null)
            server.EnsureAcceptsProofsOf(keys.SignerOf(key).Algorithm);
        var request = AuthorizationRequestBuilder.Create(
            current,
            server,
            parameters ?? AuthorizationParameters.None,
            key,
            new(now, TimeSpan.Zero),
            renewsSignIn
        );
        if (RepeatedParameters.FindOmitted(parameters ?? AuthorizationParameters.None) is { Count: > 0 } omitted)
            Log.ParametersNotRepeated(logger, current.Name, ServerTextSanitizer.Clean(string.Join(", ", omitted)) ?? "");
        if (request.Pending.Nonce is not null)
            IdTokenValidator.ValidateKeyAddress(server, current);
        if (current.SignedAuthorizationRequests)
            request = await RequestObject
                .SignAsync(request, current, server, new(now, TimeSpan.Zero), cancellationToken)
                .ConfigureAwait(false);
        int transport = 0;
        while (!transports[transport].CanSend(current, server))
            transport++;
        request.Pending.Address = await transports[transport]
            .CreateAddressAsync(request, current, server, cancellationToken)
            .ConfigureAwait(false);
        if (store is InMemoryGrantStore memory)
            request.Pending.StoreInstanceId = memory.InstanceId;
        return request.Pending;
    }

    /// <summary>Validates the callback, redeems the code and stores the grant (RFC 6749 §4.1.2–4.1.4).</summary>
    /// <param name="pending">The pending authorization.</param>
    /// <param name="response">The callback.</param>
    /// <param name="owner">The owner of the grant; <see langword="null"/> for the user whom the ID Token names.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. It is not monitored once the code is sent.
    /// </param>
    public async Task<Grant> CompleteAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        GrantOwner? owner,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(pending);
        ArgumentNullException.ThrowIfNull(response);
        using var operation = telemetry.CompleteAuthorization();
        try
        {
            var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            var validated = await ValidateAsync(pending, response, current, cancellationToken).ConfigureAwait(false);
            var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
            return await RedeemAsync(validated, owner, current, server).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            operation?.Fail(exception);
            throw;
        }
    }

    private async Task<ValidatedAuthorizationResponse> ValidateAsync(
        PendingAuthorization pending,
        AuthorizationResponse received,
        ClientConfiguration current,
        CancellationToken cancellationToken
    )
    {
        var response = await decoders
            .First(decoder => decoder.CanDecode(received, current))
            .DecodeAsync(received, current, cancellationToken)
            .ConfigureAwait(false);
        ValidatedAuthorizationResponse.ValidateCorrelation(pending, response, current.Name, current.ServerId, time.GetUtcNow());
        if (!await store.TryConsumeStateAsync(pending.StateFingerprint, pending.ExpiresAt, cancellationToken).ConfigureAwait(false))
            throw new OAuthProtocolException(
                "The callback was used before: a state can be used once (RFC 9700 §4.7). Begin a new authorization."
            );
        (store as InMemoryGrantStore)?.ObserveCallback(
            pending.ClientName,
            pending.StoreInstanceId,
            pending.ExpiresAt - current.PendingAuthorizationLifetime
        );
        return ValidatedAuthorizationResponse.Validate(pending, response, current.Adaptation);
    }

    // The code can be redeemed once, so nothing is cancelled from here on.
    private async Task<Grant> RedeemAsync(
        ValidatedAuthorizationResponse validated,
        GrantOwner? owner,
        ClientConfiguration current,
        AuthorizationServerMetadata server
    )
    {
        var pending = validated.Pending;
        long logoutSequence = issuer.LogoutSequence;
        var received = await tokenEndpoint
            .SendAsync(
                new AuthorizationCodeRequest(validated)
                {
                    ProofKey = pending.DPoPKey ?? keys.FindForNewGrant(current),
                    HasChosenKey = true,
                },
                current,
                server,
                tracker: null,
                CancellationToken.None
            )
            .ConfigureAwait(false);
        var response = received.EnsureUsable();
        var identity = await idTokens
            .ValidateAsync(response, pending.IdTokenRequirements, current, server, CancellationToken.None)
            .ConfigureAwait(false);
        var account = current.FetchAccount
            ? await findAccount(response.AccessToken, identity?.Subject, current, server).ConfigureAwait(false)
            : null;
        return await issuer
            .IssueAsync(
                new(response, identity, current, server)
                {
                    Owner = owner,
                    Resources = pending.Resources,
                    AuthorizationParameters = RepeatedParameters.Of(pending),
                    RequestedScopes = pending.Scopes,
                    Account = account,
                    CallbackParameters = validated.OtherParameters,
                    RequestedIdToken = pending.Nonce is not null,
                    RenewsSignIn = pending.RenewsSignIn,
                    LogoutSequence = logoutSequence,
                }
            )
            .ConfigureAwait(false);
    }
}
