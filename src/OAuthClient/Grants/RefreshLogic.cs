namespace OAuthClient;

/// <summary>How far a refresh has come.</summary>
/// <param name="Grant">The newest state of the grant that is known.</param>
internal sealed record RefreshState(Grant Grant)
{
    /// <summary>The lease, while it is held.</summary>
    public RefreshLease? Lease { get; init; }

    /// <summary>What was known of the refresh token when the lease was given.</summary>
    public RefreshTokenStatus Earlier { get; init; }

    /// <summary>Whether this node presented the refresh token and does not know what became of it.</summary>
    public bool IsInDoubt { get; init; }

    /// <summary>How often in a row the lease had run out before the request left.</summary>
    public int RanOut { get; init; }

    /// <summary>How the server refused the refresh token, when it did.</summary>
    public Exception? Refusal { get; init; }

    /// <summary>What the server gave.</summary>
    public TokenResponse? Response { get; init; }
}

/// <summary>
/// One refresh of one grant (RFC 6749 §6) on one of many nodes, as a state machine: what to do next, given what happened. Pure, so
/// that every history of several nodes, faults and clocks can be played through. Two rules hold it together: a refresh token is
/// presented under a lease only, and a second time only when nobody knows what became of the first.
/// </summary>
internal static class RefreshLogic
{
    private const int MostRanOut = 3;

    public static (RefreshState State, IReadOnlyList<RefreshEffect> Effects) Step(
        RefreshWish wish, RefreshState state, RefreshEvent happened, DateTimeOffset now) => happened switch
        {
            RefreshEvent.Began => (state, [new RefreshEffect.AskForLease(state.Grant, state.Lease)]),
            RefreshEvent.Waited => (state, [new RefreshEffect.AskForLease(state.Grant, Held: null)]),
            RefreshEvent.LeaseAnswered(var answer) => OnLease(wish, state, answer, now),
            RefreshEvent.LeaseRanOut when state.RanOut == MostRanOut => GivingBack(
                state, Known(state, presented: false), new OAuthException(
                    "The grant store takes longer to give a lease, or the token endpoint to connect, than the lease lasts; nothing was sent. Make either quicker, or RefreshLease longer.")),
            RefreshEvent.LeaseRanOut => (state with { RanOut = state.RanOut + 1 }, [new RefreshEffect.AskForLease(state.Grant, state.Lease)]),
            RefreshEvent.Answered(var response) =>
                (state with { Response = response }, [new RefreshEffect.Save(state.Grant, state.Grant.RefreshToken!, response)]),
            RefreshEvent.NotAnswered(var outcome, var fault) => OnFault(state, outcome, fault),
            RefreshEvent.Saved(IsKept: true) => (state, [new RefreshEffect.Give(state.Response!.AccessToken, IsFetched: true)]),
            RefreshEvent.Saved => (state, [new RefreshEffect.LookAgain()]),
            _ => throw new ArgumentOutOfRangeException(nameof(happened)),
        };

    private static (RefreshState, IReadOnlyList<RefreshEffect>) OnLease(RefreshWish wish, RefreshState state, LeaseResult answer, DateTimeOffset now)
    {
        // A grant that ended with its sign-in is not refreshed. The caller looks again and finds that it ended.
        if (answer.Current is not { } stored || !wish.Concerns(stored) || stored.HasEnded(now))
            return (state, Ending(state, answer, new RefreshEffect.LookAgain()));
        bool hasMoved = stored.Generation != state.Grant.Generation;
        // What was found out about the old refresh token says nothing about a new one.
        var next = state.Grant.RefreshToken is { } known && known.Equals(stored.RefreshToken) ? state with { Grant = stored } : new RefreshState(stored);
        if (wish.GrantedBy(stored, now) is { } token)
            return (next, Ending(next, answer, new RefreshEffect.Give(token, IsFetched: false)));
        if (stored.RefreshToken is not { } refreshToken)
            return (next, Ending(next, answer, new RefreshEffect.GiveUp(stored, Fault: null)));
        if (answer.PreviousStatus == RefreshTokenStatus.Rejected)
            return (next, Ending(next, answer, new RefreshEffect.GiveUp(stored, next.Refusal)));
        if (answer.Lease is not { } lease)
            return (next, [hasMoved ? new RefreshEffect.AskForLease(stored, Held: null) : new RefreshEffect.Wait(stored)]);
        // The server refused it, and nobody has a newer one.
        if (next.Refusal is not null)
            return (next, [new RefreshEffect.EndLease(lease, RefreshTokenStatus.Rejected), new RefreshEffect.GiveUp(stored, next.Refusal)]);
        return (next with { Lease = lease, Earlier = answer.PreviousStatus }, [new RefreshEffect.Present(stored, refreshToken)]);
    }

    private static (RefreshState, IReadOnlyList<RefreshEffect>) OnFault(RefreshState state, RefreshTokenOutcome outcome, Exception fault)
    {
        switch (outcome)
        {
            case RefreshTokenOutcome.InvalidGrant:
                // Another node may have rotated it: what is newer is adopted.
                return (state with { Refusal = fault }, [new RefreshEffect.AskForLease(state.Grant, state.Lease)]);
            case RefreshTokenOutcome.Ambiguous when Known(state, presented: false) != RefreshTokenStatus.Unknown:
                // Had it been rotated, the grant would be lost anyway (or the server has a grace period); if not, this saves it.
                return (state with { IsInDoubt = true }, [new RefreshEffect.Present(state.Grant, state.Grant.RefreshToken!)]);
            default:
                // An answer that cannot be used was an answer all the same, and may have cost the token.
                return GivingBack(state, Known(state, presented: outcome == RefreshTokenOutcome.Ambiguous || fault is OAuthProtocolException), fault);
        }
    }

    private static RefreshTokenStatus Known(RefreshState state, bool presented) =>
        presented || state.IsInDoubt || state.Earlier == RefreshTokenStatus.Unknown ? RefreshTokenStatus.Unknown : RefreshTokenStatus.Unused;

    private static (RefreshState, IReadOnlyList<RefreshEffect>) GivingBack(RefreshState state, RefreshTokenStatus known, Exception fault) =>
        (state, [new RefreshEffect.EndLease(state.Lease!, known), new RefreshEffect.Fail(fault)]);

    // What this node does not know it says, also where the store knows less.
    private static IReadOnlyList<RefreshEffect> Ending(RefreshState state, LeaseResult answer, RefreshEffect end) => answer.Lease is { } lease
        ? [new RefreshEffect.EndLease(lease, answer.PreviousStatus == RefreshTokenStatus.Unused && state.IsInDoubt ? RefreshTokenStatus.Unknown : answer.PreviousStatus), end]
        : [end];
}
