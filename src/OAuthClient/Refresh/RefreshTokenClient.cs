using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>Sends a refresh token to the token endpoint, and verifies that the response is about the same user.</summary>
internal sealed class RefreshTokenClient(
    ServerMetadataCache metadata,
    TokenEndpointClient tokenEndpoint,
    IdTokenValidator idTokens,
    TimeProvider time,
    ILogger logger
)
{
    /// <summary>Loads the server's metadata, and its keys if the grant has an ID Token.</summary>
    public async Task<AuthorizationServerMetadata> PrepareAsync(Grant grant, ClientConfiguration current)
    {
        var server = await metadata.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
        if (grant.IdToken is not null)
            await idTokens.PrefetchKeysAsync(server, current).ConfigureAwait(false);
        return server;
    }

    /// <summary>Sends the refresh token, unless too little time of the lease is left.</summary>
    /// <param name="sendRefreshRequest">The grant and its refresh token.</param>
    /// <param name="context">The parameters of the refresh.</param>
    /// <param name="server">The authorization server.</param>
    /// <param name="leasedAt">The timestamp of the start of the lease.</param>
    /// <returns>The result of the request.</returns>
    public async Task<RefreshEvent> SendAsync(
        RefreshEffect.SendRefreshRequest sendRefreshRequest,
        RefreshContext context,
        AuthorizationServerMetadata server,
        long leasedAt
    )
    {
        var current = context.Configuration;
        var request = new RefreshTokenRequest(
            sendRefreshRequest.RefreshToken,
            context.Selection.Scopes.Count > 0 ? context.Selection.Scopes : null,
            sendRefreshRequest.Grant.Scopes,
            context.Selection.Resources.Count > 0 ? context.Selection.Resources : sendRefreshRequest.Grant.Resources
        );
        // Checked immediately before the request is sent: a process that was suspended beyond its lease must not send a refresh token that
        // another node has sent since. Two clocks are used, because one may stop while the machine sleeps and the other can be set.
        var leaseStart = time.GetUtcNow() - time.GetElapsedTime(leasedAt);
        var tracker = new SendTracker
        {
            CanSend = () =>
                (time.GetElapsedTime(leasedAt), time.GetUtcNow() - leaseStart) is var (elapsed, passed)
                && (elapsed > passed ? elapsed : passed) <= current.RefreshLease - current.RefreshDeadline,
        };
        try
        {
            var response = await SendAsync(request, current, server, tracker).ConfigureAwait(false);
            if (response.IdToken is { } idToken)
                response = response.With(
                    await ValidateAsync(idToken, response.AccessToken, sendRefreshRequest.Grant, current, server).ConfigureAwait(false)
                );
            response.AccessToken.Replace(sendRefreshRequest.Grant.UnexplainedRejection, context.Rejected, time.GetUtcNow());
            return new RefreshEvent.TokenReceived(response);
        }
        catch (SendCancelledException)
        {
            return new RefreshEvent.LeaseExpired();
        }
        catch (Exception exception)
        {
            return new RefreshEvent.RequestFailed(RefreshTokenOutcomes.Of(exception, tracker), exception);
        }
    }

    private async Task<TokenResponse> SendAsync(
        RefreshTokenRequest request,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        SendTracker tracker
    )
    {
        using var deadline = new CancellationTokenSource(current.RefreshDeadline, time);
        try
        {
            return await tokenEndpoint.SendAsync(request, current, server, tracker, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception)
            when (deadline.IsCancellationRequested && exception.InnerException is not TimeoutException)
        {
            throw new TaskCanceledException(
                $"The token endpoint did not respond completely within {current.RefreshDeadline.TotalSeconds} s, the time that "
                    + "RefreshLease and RefreshTokenGracePeriod allow for a refresh.",
                new TimeoutException(exception.Message, exception),
                CancellationToken.None
            );
        }
    }

    // The refresh token was already used, so its replacement must be saved. If the server's keys cannot be loaded, only the new ID Token is
    // discarded. If the ID Token is not valid, the refresh fails: the other tokens may belong to another user (OpenID Connect Core §12.2).
    private async Task<IdToken?> ValidateAsync(
        IdToken idToken,
        AccessToken accessToken,
        Grant grant,
        ClientConfiguration current,
        AuthorizationServerMetadata server
    )
    {
        if (idToken.Equals(grant.IdToken))
            return idToken;
        if (!IdTokenValidator.CanValidate(server, current))
            return null;
        try
        {
            idToken = IdTokenValidator.Decrypt(idToken, current);
            if (idToken.Equals(grant.IdToken))
                return idToken;
            if (UnverifiedJwt.TryReadClaims(idToken) is { } claims)
                IdTokenClaimsValidator.ValidateSameAuthentication(
                    claims,
                    grant.Subject,
                    server.IssuerTemplate is null ? server.Issuer : null,
                    grant.IdTokenClaims
                );
            // Half of the remaining lease; saving gets the other half.
            using var deadline = new CancellationTokenSource((current.RefreshLease - current.RefreshDeadline) / 2, time);
            return (
                await idTokens.ValidateAsync(idToken, accessToken, current, server, nonce: null, deadline.Token).ConfigureAwait(false)
            ).Token;
        }
        catch (Exception exception) when (exception is not OAuthProtocolException { IsTransient: false })
        {
            Log.RefreshedIdTokenDropped(logger, grant.ClientName, exception.GetType().Name);
            return null;
        }
    }
}
