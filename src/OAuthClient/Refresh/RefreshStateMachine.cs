using static OAuthClient.RefreshEffect;
using static OAuthClient.RefreshEvent;

namespace OAuthClient;

/// <summary>
/// The state machine of one refresh of one grant (RFC 6749 §6) on one of several nodes. It has no side effects, so that tests can run any
/// sequence of nodes, faults and clocks. It has two rules: a refresh token is sent only under a lease, and it is sent a second time only if
/// the response to the first request is not known.
/// </summary>
internal static class RefreshStateMachine
{
    private const int MaximumLeaseExpirations = 3;

    public static (RefreshState State, IReadOnlyList<RefreshEffect> Effects) Step(
        RefreshContext context,
        RefreshState state,
        RefreshEvent happened,
        DateTimeOffset now
    ) =>
        happened switch
        {
            Started => (state, [new AcquireLease(state.Grant, state.Lease)]),
            WaitCompleted => (state, [new AcquireLease(state.Grant, Held: null)]),
            LeaseResultReceived(var result) => OnLease(context, state, result, now),
            LeaseExpired when state.LeaseExpirations == MaximumLeaseExpirations => ReleaseAndFail(
                state,
                StatusAfter(state, wasSent: false),
                new OAuthException(
                    "The grant store took longer to issue a lease, or the token endpoint to connect, than RefreshLease allows; the refresh "
                        + "token was not sent. Increase RefreshLease, or find out why the grant store or the token endpoint is slow."
                )
            ),
            LeaseExpired expired => (
                state with
                {
                    LeaseExpirations = state.LeaseExpirations + 1,
                    HasRetriedForNonce = state.HasRetriedForNonce || expired.HasRetriedForNonce,
                },
                [new AcquireLease(state.Grant, state.Lease)]
            ),
            TokenReceived(var response) => (
                state with
                {
                    Response = response,
                },
                [new Save(state.Grant, state.Grant.RefreshToken!, response)]
            ),
            OtherIdentityReceived(var response, var fault) => (
                state with
                {
                    Refusal = fault,
                },
                [new RemoveGrant(state.Grant, response), new RequireReauthorization(state.Grant, fault)]
            ),
            RequestFailed failed => OnFault(state, failed),
            // The new refresh token is saved. The next refresh presents it.
            GrantSaved when state.Response!.Fault is { } unusable => (state, [new Fail(unusable)]),
            GrantSaved(IsKept: true) => (state, [new ReturnToken(state.Response!.AccessToken, IsFetched: true)]),
            GrantSaved => (state, [new Reload()]),
            _ => throw new ArgumentOutOfRangeException(nameof(happened)),
        };

    private static (RefreshState, IReadOnlyList<RefreshEffect>) OnLease(
        RefreshContext context,
        RefreshState state,
        LeaseResult result,
        DateTimeOffset now
    )
    {
        // A grant that ended with its sign-in is not refreshed. The caller reads it again and observes the end.
        if (result.Current is not { } stored || !context.Concerns(stored) || stored.HasEnded(now))
            return (state, EndWith(state, result, new Reload()));
        bool hasMoved = stored.Generation != state.Grant.Generation;
        // The state of a refresh token does not apply to a new one.
        var next =
            state.Grant.RefreshToken is { } known && known.Equals(stored.RefreshToken)
                ? state with
                {
                    Grant = stored,
                }
                : new RefreshState(stored);
        if (context.GrantedBy(stored, now) is { } token)
            return (next, EndWith(next, result, new ReturnToken(token, IsFetched: false)));
        // Another node replaced a token of the grant meanwhile. The caller reads the grant again, and keeps the rejected token.
        if (hasMoved && context.KeepsRejected(stored.Find(context.Selection.Key), stored.UnexplainedRejection, now))
            return (next, EndWith(next, result, new Reload()));
        if (stored.RefreshToken is not { } refreshToken || result.PreviousStatus == RefreshTokenStatus.Rejected)
            return (next, EndWith(next, result, new RequireReauthorization(stored, next.Refusal)));
        if (result.Lease is not { } lease)
            return (next, [hasMoved ? new AcquireLease(stored, Held: null) : new WaitForLease(stored)]);
        // The server rejected the refresh token, and the store has no newer one.
        if (next.Refusal is not null)
            return (next, [new ReleaseLease(lease, RefreshTokenStatus.Rejected), new RequireReauthorization(stored, next.Refusal)]);
        return (next with { Lease = lease, PreviousStatus = result.PreviousStatus }, [Send(next, refreshToken)]);
    }

    private static SendRefreshRequest Send(RefreshState state, RefreshToken refreshToken) =>
        new(state.Grant, refreshToken) { MayRetryForNonce = !state.HasRetriedForNonce };

    private static (RefreshState, IReadOnlyList<RefreshEffect>) OnFault(RefreshState state, RequestFailed failed)
    {
        var (outcome, fault) = failed;
        switch (outcome)
        {
            case RefreshTokenOutcome.InvalidGrant:
                // Another node may have rotated the refresh token. Then its newer generation is used.
                return (state with { Refusal = fault }, [new AcquireLease(state.Grant, state.Lease)]);
            case RefreshTokenOutcome.Ambiguous when StatusAfter(state, wasSent: false) != RefreshTokenStatus.Unknown:
                // The refresh token is sent a second time. If the server did not rotate it, or has a grace period, this saves the grant.
                // The server's nonce is known after the first request, so the request is not sent more than three times in all.
                state = state with
                {
                    IsInDoubt = true,
                    HasRetriedForNonce = state.HasRetriedForNonce || failed.HasRetriedForNonce,
                };
                return (state, [Send(state, state.Grant.RefreshToken!)]);
            case RefreshTokenOutcome.InteractionRequired:
                return (state, [new ReleaseLease(state.Lease!, StatusAfter(state, wasSent: false)), new RequireInteraction(fault)]);
            default:
                // A response that is not valid may still have rotated the refresh token.
                return ReleaseAndFail(
                    state,
                    StatusAfter(state, wasSent: outcome == RefreshTokenOutcome.Ambiguous || fault is OAuthProtocolException),
                    fault
                );
        }
    }

    private static RefreshTokenStatus StatusAfter(RefreshState state, bool wasSent) =>
        wasSent || state.IsInDoubt || state.PreviousStatus == RefreshTokenStatus.Unknown
            ? RefreshTokenStatus.Unknown
            : RefreshTokenStatus.Unused;

    private static (RefreshState, IReadOnlyList<RefreshEffect>) ReleaseAndFail(
        RefreshState state,
        RefreshTokenStatus status,
        Exception fault
    ) => (state, [new ReleaseLease(state.Lease!, status), new Fail(fault)]);

    // If the result of this node's request is not known, the status becomes Unknown, also where the store has Unused.
    private static IReadOnlyList<RefreshEffect> EndWith(RefreshState state, LeaseResult result, RefreshEffect end) =>
        result.Lease is { } lease
            ?
            [
                new ReleaseLease(
                    lease,
                    result.PreviousStatus == RefreshTokenStatus.Unused && state.IsInDoubt
                        ? RefreshTokenStatus.Unknown
                        : result.PreviousStatus
                ),
                end,
            ]
            : [end];
}
