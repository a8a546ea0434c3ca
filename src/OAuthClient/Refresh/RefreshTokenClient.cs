using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Sends a refresh token to the token endpoint. Whether the response is about the same user is judged first and without the network: only
/// then may its refresh token be saved. Nothing else of the response can prevent that.
/// </summary>
internal sealed class RefreshTokenClient(
    ServerMetadataCache metadata,
    TokenEndpointClient tokenEndpoint,
    DPoPKeyProvider keys,
    IdTokenValidator idTokens,
    TimeProvider time,
    ILogger logger
)
{
    // A grant whose entry was removed is logged again.
    private readonly BoundedCache<string, bool> loggedGrants = new(10_000);

    /// <summary>Loads the server's metadata, and its keys if the response is expected to contain an ID Token.</summary>
    public async Task<AuthorizationServerMetadata> PrepareAsync(Grant grant, ClientConfiguration current)
    {
        var server = await metadata.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
        // An imported grant has no ID Token yet.
        if (grant.IdToken is not null || grant.Scopes.Contains(ScopeList.OpenId))
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
        )
        {
            ProofKey = keys.FindForRefresh(sendRefreshRequest.Grant.DPoPKey, current),
            HasChosenKey = true,
            AuthorizationDetails = context.Selection.AuthorizationDetails,
            GrantedDetails = sendRefreshRequest.Grant.AuthorizationDetails,
        };
        // Checked immediately before the request is sent: a process that was suspended beyond its lease must not send a refresh token that
        // another node has sent since. Two clocks are used, because one may stop while the machine sleeps and the other can be set.
        var leaseStart = time.GetUtcNow() - time.GetElapsedTime(leasedAt);
        var tracker = new SendTracker
        {
            MayRetryForNonce = sendRefreshRequest.MayRetryForNonce,
            CanSend = () =>
                (time.GetElapsedTime(leasedAt), time.GetUtcNow() - leaseStart) is var (elapsed, passed)
                && (elapsed > passed ? elapsed : passed) <= current.RefreshLease - current.RefreshDeadline,
        };
        try
        {
            var response = await SendAsync(request, current, server, tracker).ConfigureAwait(false);
            var grant = sendRefreshRequest.Grant;
            if (FindOtherIdentity(response, grant, current, server) is { } otherIdentity)
                return new RefreshEvent.OtherIdentityReceived(response, otherIdentity);
            if (response.UsableAccessToken is { } accessToken)
            {
                context.RecordReason(accessToken, grant.UnexplainedRejection, time.GetUtcNow());
                if (response.ReceivedIdTokens.Count > 0)
                    response = response.With(await ValidateAsync(response, accessToken, grant, current, server).ConfigureAwait(false));
            }
            else
            {
                // There is nothing to save.
                if (response.RefreshToken is null)
                    throw response.Fault!;
                response = response.With(idToken: null);
            }
            return new RefreshEvent.TokenReceived(response);
        }
        catch (SendCancelledException)
        {
            return new RefreshEvent.LeaseExpired { HasRetriedForNonce = tracker.HasRetriedForNonce };
        }
        catch (Exception exception)
        {
            return new RefreshEvent.RequestFailed(RefreshTokenOutcomes.Of(exception, tracker), exception)
            {
                HasRetriedForNonce = tracker.HasRetriedForNonce,
            };
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

    private static OAuthProtocolException? FindOtherIdentity(
        TokenResponse response,
        Grant grant,
        ClientConfiguration current,
        AuthorizationServerMetadata server
    )
    {
        // An ID Token that was ignored in the authorization is ignored here too.
        if (grant.Subject is null && !IdTokenValidator.CanValidate(server, current))
            return null;
        string? issuer = grant.IdTokenClaims?.TextIfAny(ParameterNames.Issuer);
        return response
            .ReceivedIdTokens.Where(idToken => !idToken.Equals(grant.IdToken))
            .Select(idToken => IdTokenValidator.TryReadClaims(idToken, current))
            .OfType<JsonElement>()
            .Select(claims =>
                IdTokenClaimsValidator.FindOtherIdentity(
                    claims,
                    current.ClientId,
                    grant.Subject ?? grant.IdTokenClaims?.TextIfAny("sub"),
                    stated => issuer is not null ? stated == issuer : server.Issuer is null || server.IsIssuer(stated)
                )
            )
            .FirstOrDefault(other => other is not null);
    }

    // The refresh token was already used, so its replacement must be saved: an ID Token that is not valid is left out. The keys were
    // fetched before, and no request for others delays the save. If they are outdated, they are fetched in the background.
    private async Task<IdToken?> ValidateAsync(
        TokenResponse response,
        AccessToken accessToken,
        Grant grant,
        ClientConfiguration current,
        AuthorizationServerMetadata server
    )
    {
        if (response.IdToken is not { } idToken || idToken.Equals(grant.IdToken))
            return response.IdToken;
        if (!IdTokenValidator.CanValidate(server, current))
            return null;
        try
        {
            idToken = IdTokenValidator.Decrypt(idToken, current);
            if (idToken.Equals(grant.IdToken))
                return idToken;
            if (
                grant.IdTokenClaims is { } first
                && UnverifiedJwt.TryReadClaims(idToken) is { } claims
                && IdTokenClaimsValidator.FindOtherAuthentication(claims, first) is { } claim
            )
            {
                LogDropped(grant, $"its {claim} differs from that of the first ID Token");
                return null;
            }
            return (
                await idTokens
                    .ValidateAsync(idToken, accessToken, current, server, nonce: null, new CancellationToken(canceled: true))
                    .ConfigureAwait(false)
            ).Token;
        }
        // Not a timeout of an earlier request for the keys: the request that would load them is not waited for.
        catch (OperationCanceledException exception) when (exception.InnerException is not TimeoutException)
        {
            LogDropped(grant, "no loaded key of the server verifies its signature");
            return null;
        }
        catch (Exception exception)
        {
            LogDropped(grant, exception.GetType().Name);
            return null;
        }
    }

    // Once for each grant: a server that issues such an ID Token does so at each refresh.
    private void LogDropped(Grant grant, string reason)
    {
        if (!loggedGrants.TryGet(grant.Id, out _))
            Log.RefreshedIdTokenDropped(logger, grant.ClientName, reason);
        loggedGrants.Set(grant.Id, true);
    }
}
