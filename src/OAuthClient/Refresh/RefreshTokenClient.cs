using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>Presents a refresh token, and makes sure that what comes is about the same user.</summary>
internal sealed class RefreshTokenClient(
    ServerMetadataCache metadata,
    TokenEndpointClient tokenEndpoint,
    IdTokenValidator idTokens,
    TimeProvider time,
    ILogger logger
)
{
    /// <summary>Finds what presenting and checking will need.</summary>
    public async Task<AuthorizationServerMetadata> PrepareAsync(Grant grant, ClientConfiguration current)
    {
        var server = await metadata.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
        if (grant.IdToken is not null)
            await idTokens.PrefetchKeysAsync(server, current).ConfigureAwait(false);
        return server;
    }

    /// <param name="sendRefreshRequest">What is presented.</param>
    /// <param name="context">What for.</param>
    /// <param name="server">The authorization server.</param>
    /// <param name="leasedAt">The timestamp from which the lease counts.</param>
    public async Task<RefreshEvent> SendAsync(
        RefreshEffect.SendRefreshRequest sendRefreshRequest,
        RefreshContext context,
        AuthorizationServerMetadata server,
        long leasedAt
    )
    {
        var current = context.Registration;
        var request = new RefreshTokenRequest(
            sendRefreshRequest.RefreshToken,
            context.Selection.Scopes.Count > 0 ? context.Selection.Scopes : null,
            sendRefreshRequest.Grant.Scopes,
            context.Selection.Resources.Count > 0 ? context.Selection.Resources : sendRefreshRequest.Grant.Resources
        );
        // Asked as the request leaves: a process that was stopped past its lease must not present what another has presented since.
        // By two clocks, because one of them stands still while the machine sleeps, and the other can be set.
        var began = time.GetUtcNow() - time.GetElapsedTime(leasedAt);
        var tracker = new SendTracker
        {
            CanSend = () =>
                (time.GetElapsedTime(leasedAt), time.GetUtcNow() - began) is var (elapsed, passed)
                && (elapsed > passed ? elapsed : passed) <= current.RefreshLease - current.RefreshDeadline,
        };
        try
        {
            var response = await SendAsync(request, current, server, tracker).ConfigureAwait(false);
            if (response.IdToken is { } idToken)
                response = response.With(
                    await SoundAsync(idToken, response.AccessToken, sendRefreshRequest.Grant, current, server).ConfigureAwait(false)
                );
            response.AccessToken.ReplacesRejected = context.Rejected is not null;
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
                $"The token endpoint did not finish its answer within {current.RefreshDeadline.TotalSeconds} s, which is what RefreshLease and RefreshTokenGracePeriod leave for a refresh.",
                new TimeoutException(exception.Message, exception),
                CancellationToken.None
            );
        }
    }

    // The refresh token is spent by now, and what replaced it must be kept: keys that cannot be had just now cost the new ID Token
    // only. One that is wrong is another matter: the tokens beside it may be somebody else's (OpenID Connect Core §12.2).
    private async Task<IdToken?> SoundAsync(
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
            // Half of what the lease leaves, so that saving has the other half.
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
