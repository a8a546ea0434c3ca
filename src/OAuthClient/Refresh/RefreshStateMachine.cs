namespace OAuthClient;

/// <summary>
/// One refresh of one grant (RFC 6749 §6) on one of many nodes, as a state machine: what to do next, given what happened. Pure, so
/// that every history of several nodes, faults and clocks can be played through. Two rules hold it together: a refresh token is
/// presented under a lease only, and a second time only when nobody knows what became of the first.
/// </summary>
internal static class RefreshStateMachine
{
    private const int MostRanOut = 3;

    public static (RefreshState State, IReadOnlyList<RefreshEffect> Effects) Step(
        RefreshContext context,
        RefreshState state,
        RefreshEvent happened,
        DateTimeOffset now
    ) =>
        happened switch
        {
            RefreshEvent.Started => (state, [new RefreshEffect.AcquireLease(state.Grant, state.Lease)]),
            RefreshEvent.WaitCompleted => (state, [new RefreshEffect.AcquireLease(state.Grant, Held: null)]),
            RefreshEvent.LeaseResultReceived(var answer) => OnLease(context, state, answer, now),
            RefreshEvent.LeaseExpired when state.LeaseExpirations == MostRanOut => GivingBack(
                state,
                Known(state, presented: false),
                new OAuthException(
                    "The grant store takes longer to give a lease, or the token endpoint to connect, than the lease lasts; nothing was sent. Make either quicker, or RefreshLease longer."
                )
            ),
            RefreshEvent.LeaseExpired => (
                state with
                {
                    LeaseExpirations = state.LeaseExpirations + 1,
                },
                [new RefreshEffect.AcquireLease(state.Grant, state.Lease)]
            ),
            RefreshEvent.TokenReceived(var response) => (
                state with
                {
                    Response = response,
                },
                [new RefreshEffect.Save(state.Grant, state.Grant.RefreshToken!, response)]
            ),
            RefreshEvent.RequestFailed(var outcome, var fault) => OnFault(state, outcome, fault),
            RefreshEvent.GrantSaved(IsKept: true) => (state, [new RefreshEffect.ReturnToken(state.Response!.AccessToken, IsFetched: true)]),
            RefreshEvent.GrantSaved => (state, [new RefreshEffect.Reload()]),
            _ => throw new ArgumentOutOfRangeException(nameof(happened)),
        };

    private static (RefreshState, IReadOnlyList<RefreshEffect>) OnLease(
        RefreshContext context,
        RefreshState state,
        LeaseResult answer,
        DateTimeOffset now
    )
    {
        // A grant that ended with its sign-in is not refreshed. The caller looks again and finds that it ended.
        if (answer.Current is not { } stored || !context.Concerns(stored) || stored.HasEnded(now))
            return (state, Ending(state, answer, new RefreshEffect.Reload()));
        bool hasMoved = stored.Generation != state.Grant.Generation;
        // What was found out about the old refresh token says nothing about a new one.
        var next =
            state.Grant.RefreshToken is { } known && known.Equals(stored.RefreshToken)
                ? state with
                {
                    Grant = stored,
                }
                : new RefreshState(stored);
        if (context.GrantedBy(stored, now) is { } token)
            return (next, Ending(next, answer, new RefreshEffect.ReturnToken(token, IsFetched: false)));
        if (stored.RefreshToken is not { } refreshToken)
            return (next, Ending(next, answer, new RefreshEffect.RequireReauthorization(stored, Fault: null)));
        if (answer.PreviousStatus == RefreshTokenStatus.Rejected)
            return (next, Ending(next, answer, new RefreshEffect.RequireReauthorization(stored, next.Refusal)));
        if (answer.Lease is not { } lease)
            return (next, [hasMoved ? new RefreshEffect.AcquireLease(stored, Held: null) : new RefreshEffect.WaitForLease(stored)]);
        // The server refused it, and nobody has a newer one.
        if (next.Refusal is not null)
            return (
                next,
                [
                    new RefreshEffect.ReleaseLease(lease, RefreshTokenStatus.Rejected),
                    new RefreshEffect.RequireReauthorization(stored, next.Refusal),
                ]
            );
        return (
            next with
            {
                Lease = lease,
                PreviousStatus = answer.PreviousStatus,
            },
            [new RefreshEffect.SendRefreshRequest(stored, refreshToken)]
        );
    }

    private static (RefreshState, IReadOnlyList<RefreshEffect>) OnFault(RefreshState state, RefreshTokenOutcome outcome, Exception fault)
    {
        switch (outcome)
        {
            case RefreshTokenOutcome.InvalidGrant:
                // Another node may have rotated it: what is newer is adopted.
                return (state with { Refusal = fault }, [new RefreshEffect.AcquireLease(state.Grant, state.Lease)]);
            case RefreshTokenOutcome.Ambiguous when Known(state, presented: false) != RefreshTokenStatus.Unknown:
                // Had it been rotated, the grant would be lost anyway (or the server has a grace period); if not, this saves it.
                return (state with { IsInDoubt = true }, [new RefreshEffect.SendRefreshRequest(state.Grant, state.Grant.RefreshToken!)]);
            default:
                // An answer that cannot be used was an answer all the same, and may have cost the token.
                return GivingBack(
                    state,
                    Known(state, presented: outcome == RefreshTokenOutcome.Ambiguous || fault is OAuthProtocolException),
                    fault
                );
        }
    }

    private static RefreshTokenStatus Known(RefreshState state, bool presented) =>
        presented || state.IsInDoubt || state.PreviousStatus == RefreshTokenStatus.Unknown
            ? RefreshTokenStatus.Unknown
            : RefreshTokenStatus.Unused;

    private static (RefreshState, IReadOnlyList<RefreshEffect>) GivingBack(RefreshState state, RefreshTokenStatus known, Exception fault) =>
        (state, [new RefreshEffect.ReleaseLease(state.Lease!, known), new RefreshEffect.Fail(fault)]);

    // What this node does not know it says, also where the store knows less.
    private static IReadOnlyList<RefreshEffect> Ending(RefreshState state, LeaseResult answer, RefreshEffect end) =>
        answer.Lease is { } lease
            ?
            [
                new RefreshEffect.ReleaseLease(
                    lease,
                    answer.PreviousStatus == RefreshTokenStatus.Unused && state.IsInDoubt
                        ? RefreshTokenStatus.Unknown
                        : answer.PreviousStatus
                ),
                end,
            ]
            : [end];
}
