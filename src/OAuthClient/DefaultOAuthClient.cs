namespace OAuthClient;

/// <summary>Implements <see cref="IOAuthClient"/> with the services of one client.</summary>
internal sealed class DefaultOAuthClient(
    ClientConfigurationProvider configuration,
    AuthorizationCodeFlow flow,
    TokenEndpointClient tokenEndpoint,
    AccessTokenProvider tokens,
    GrantIssuer issuer,
    GrantRevoker revoker,
    UserInfoClient userInfo,
    IGrantStore store,
    TimeProvider time
) : IOAuthClient
{
    public Task<PendingAuthorization> BeginAuthorizationAsync(AuthorizationParameters? parameters, CancellationToken cancellationToken) =>
        flow.BeginAsync(parameters, renewsSignIn: false, cancellationToken);

    public async Task<Grant> CompleteAuthorizationAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        GrantOwner owner,
        CancellationToken cancellationToken
    )
    {
        owner.EnsureResourceOwner();
        return await flow.CompleteAsync(pending, response, owner, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<AccessToken> GetAccessTokenAsync(
        GrantOwner owner,
        AccessTokenParameters? parameters,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(owner);
        return tokens.GetAsync(
            owner,
            AccessTokenKey.From(parameters),
            AccessTokenRejection.Of(parameters?.RejectedToken),
            cancellationToken
        );
    }

    public async Task<TokenResponse> RequestTokenAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await SendAsync(request, current, cancellationToken).ConfigureAwait(false);
        }
        catch (TokenEndpointException) when (current.IsRefused && request is ClientCredentialsRequest)
        {
            // The server no longer knows a client that registers itself. Codes and refresh tokens belonged to that client, but client
            // credentials can be requested by the newly registered one.
            var reregistered = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            if (ReferenceEquals(reregistered, current))
                throw;
            return await SendAsync(request, reregistered, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<TokenResponse> SendAsync(TokenRequest request, ClientConfiguration current, CancellationToken cancellationToken)
    {
        long logoutSequence = issuer.LogoutSequence;
        var response = await tokenEndpoint.SendAsync(request, current, cancellationToken).ConfigureAwait(false);
        response.LogoutSequence = logoutSequence;
        response.Recipient = (current.ServerId, current.ClientId);
        return response;
    }

    public async ValueTask<Grant?> FindGrantAsync(GrantOwner owner, CancellationToken cancellationToken)
    {
        owner.EnsureResourceOwner();
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var grants = await store.FindAsync(configuration.Name, owner, cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return grants.FirstOrDefault(grant => GrantOwnership.IsUsable(grant, current, owner) && !grant.HasEnded(now));
    }

    public async Task RevokeAsync(GrantOwner owner, CancellationToken cancellationToken)
    {
        owner.EnsureResourceOwner();
        var current = await configuration.TryGetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        await revoker.RevokeAllAsync(owner, current, cancellationToken).ConfigureAwait(false);
    }

    public async Task<UserInfo> GetUserInfoAsync(GrantOwner owner, AccessTokenParameters? parameters, CancellationToken cancellationToken)
    {
        owner.EnsureResourceOwner();
        return await userInfo.GetAsync(owner, parameters, cancellationToken).ConfigureAwait(false);
    }
}
