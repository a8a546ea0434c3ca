using System.Collections.Frozen;
using System.Text.Json;

namespace OAuthClient.Tests;

/// <content>The requests to the server and its faults.</content>
internal sealed partial class RefreshHistory
{
    private void Present(SimulatedNode node, RefreshEffect.SendRefreshRequest sendRefreshRequest, int fault, bool isOtherIdentity)
    {
        if (clock.GetElapsedTime(node.LeasedAt) > configuration.RefreshLease - configuration.RefreshDeadline)
        {
            Advance(node, new RefreshEvent.LeaseExpired());
            return;
        }
        if (fault == 1)
        {
            Advance(node, new RefreshEvent.RequestFailed(RefreshTokenOutcome.NotSent, new HttpRequestException("connection refused")));
            return;
        }
        var presentation = new ModelPresentation(sendRefreshRequest.RefreshToken.Reveal(), node.LeasedAt);
        foreach (var earlier in presentations.Where(earlier => earlier.Token == presentation.Token && !earlier.IsExcused))
        {
            // A node that reports nothing within its lease is considered failed.
            if (earlier.IsReported || (server.Rotates && clock.GetElapsedTime(earlier.LeasedAt) < configuration.RefreshLease))
                Violation = $"the refresh token {presentation.Token} was presented again without need";
            // It was suspended with the response for longer than other nodes can wait.
            server.LoseResponse();
        }
        presentations.Add(presentation);
        node.Last = presentation;
        // A node that was suspended past its lease received its response and refreshed again between this node's lease and its
        // POST. No fence can be checked at the moment at which another server receives the request.
        if (node.State!.Lease!.Generation != Stored().Generation)
            server.PresentAfterLease();
        if (fault == 2)
        {
            presentation.IsExcused = true;
            Advance(node, new RefreshEvent.RequestFailed(RefreshTokenOutcome.Ambiguous, new HttpRequestException("reset before")));
            return;
        }
        if (fault == 3)
        {
            presentation.IsExcused = true;
            Advance(node, new RefreshEvent.RequestFailed(RefreshTokenOutcome.OtherError, new OAuthException("invalid_client")));
            return;
        }
        if (fault == 6)
        {
            // The server must interact with the user first, and did not use the refresh token.
            presentation.IsExcused = true;
            Advance(
                node,
                new RefreshEvent.RequestFailed(RefreshTokenOutcome.InteractionRequired, new OAuthException("interaction_required"))
            );
            return;
        }
        if (server.Present(presentation.Token) is not { } next)
        {
            presentation.WasRejected = true;
            Advance(node, new RefreshEvent.RequestFailed(RefreshTokenOutcome.InvalidGrant, new OAuthException("invalid_grant")));
            return;
        }
        if (fault == 4)
        {
            presentation.IsExcused = true;
            server.LoseResponse();
            Advance(node, new RefreshEvent.RequestFailed(RefreshTokenOutcome.Ambiguous, new HttpRequestException("reset after")));
            return;
        }
        var now = clock.GetUtcNow();
        bool isUnusable = fault == 5;
        TokenResponse response = new(
            isUnusable ? null : new AccessToken($"at-{presentations.Count}", now, now + AccessTokenExpiry, [], []),
            isUnusable ? new OAuthProtocolException("token_type") : null,
            new RefreshToken(next),
            idToken: null,
            FrozenDictionary<string, JsonElement>.Empty
        );
        if (isOtherIdentity)
            foreign = response;
        Advance(
            node,
            isOtherIdentity
                ? new RefreshEvent.OtherIdentityReceived(response, new OAuthProtocolException("sub"))
                : new RefreshEvent.TokenReceived(response)
        );
    }
}
