using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Refreshes a grant: performs what <see cref="RefreshStateMachine"/> decides. Whoever calls this made sure that nobody else in this
/// process refreshes the same grant meanwhile; the store's lease does so among processes.
/// </summary>
internal sealed class GrantRefresher(
    ClientConfigurationProvider configuration,
    RefreshTokenClient client,
    GrantWriteQueue grants,
    IGrantStore store,
    RefreshBackoff backoff,
    InterruptedRefreshes interrupted,
    ClientTelemetry telemetry,
    TimeProvider time,
    ILogger logger
)
{
    // Longer than a lease makes no sense; a store that wakes nobody has its own, shorter rhythm.
    private static readonly TimeSpan WaitForOthers = TimeSpan.FromSeconds(30);

    /// <returns>The token; <see langword="null"/> when the grant was ended or replaced meanwhile.</returns>
    /// <exception cref="ReauthorizationRequiredException">The server no longer honours the grant.</exception>
    public async Task<AccessTokenResult?> RunAsync(Grant seen, AccessTokenKey selection, AccessToken? rejected)
    {
        var context = new RefreshContext(configuration.Current, seen.Owner, selection, rejected);
        // All that can take long and needs no lease, before there is one.
        var server = await client.PrepareAsync(seen, context.Registration).ConfigureAwait(false);
        if (await grants.FlushAsync(seen).ConfigureAwait(false) is not { } newest)
            return null;

        var state = interrupted.Resume(newest);
        RefreshEvent happened = new RefreshEvent.Started();
        long leasedAt = 0;
        while (true)
        {
            (state, var effects) = RefreshStateMachine.Step(context, state, happened, time.GetUtcNow());
            foreach (var effect in effects)
            {
                switch (effect)
                {
                    case RefreshEffect.AcquireLease or RefreshEffect.WaitForLease:
                        // Counted from before it was asked for, a lease never lasts longer here than at the store.
                        leasedAt = time.GetTimestamp();
                        happened = await ApplyToStoreAsync(effect, state, context.Registration).ConfigureAwait(false);
                        break;
                    case RefreshEffect.SendRefreshRequest sendRefreshRequest:
                        happened = await client.SendAsync(sendRefreshRequest, context, server, leasedAt).ConfigureAwait(false);
                        if (happened is RefreshEvent.RequestFailed { Outcome: RefreshTokenOutcome.Ambiguous, Fault: var unknown })
                        {
                            telemetry.PresentedWithoutAnswer();
                            Log.PresentedWithoutAnswer(logger, seen.ClientName, unknown.GetType().Name);
                        }
                        break;
                    case RefreshEffect.Save save:
                        happened = new RefreshEvent.GrantSaved(
                            await grants
                                .SaveAsync(
                                    save.Grant,
                                    save.Spent,
                                    older =>
                                        older.Refreshed(
                                            save.Response,
                                            selection.Key,
                                            time.GetUtcNow(),
                                            hasMoved: older.Generation != save.Grant.Generation
                                        )
                                )
                                .ConfigureAwait(false)
                        );
                        break;
                    case RefreshEffect.ReleaseLease end:
                        await ReleaseLeaseAsync(end, state, seen.ClientName).ConfigureAwait(false);
                        break;
                    case RefreshEffect.ReturnToken returnToken:
                        backoff.Forget(seen);
                        Log.Refreshed(logger, seen.ClientName, returnToken.IsFetched ? "the server" : "another refresh");
                        return new(returnToken.Token, returnToken.IsFetched);
                    case RefreshEffect.Reload:
                        return null;
                    case RefreshEffect.Fail fail:
                        // Thrown where it was caught, it keeps its origin.
                        ExceptionDispatchInfo.Throw(fail.Fault);
                        break;
                    case RefreshEffect.RequireReauthorization lost:
                        backoff.Lost(lost.Grant);
                        // Counted by the one node that heard it, and no other.
                        if (lost.Fault is not null)
                            telemetry.Lost(state.IsInDoubt || state.PreviousStatus == RefreshTokenStatus.Unknown);
                        Log.GrantLost(logger, seen.ClientName);
                        throw context.Registration.CreateReauthorizationRequired("the server no longer honours the grant", lost.Fault);
                }
            }
        }
    }

    // What is held, refused or in doubt outlives a store that is away.
    private async Task<RefreshEvent> ApplyToStoreAsync(RefreshEffect effect, RefreshState state, ClientConfiguration current)
    {
        try
        {
            if (effect is RefreshEffect.AcquireLease ask)
                return new RefreshEvent.LeaseResultReceived(
                    await store.TryAcquireLeaseAsync(ask.Seen, ask.Held, current.RefreshLease, CancellationToken.None).ConfigureAwait(false)
                );
            Log.LeaseAwaited(logger, state.Grant.ClientName);
            using (telemetry.WaitForLease())
                await store
                    .WaitForChangeAsync(((RefreshEffect.WaitForLease)effect).Seen, WaitForOthers, CancellationToken.None)
                    .ConfigureAwait(false);
            return new RefreshEvent.WaitCompleted();
        }
        catch
        {
            interrupted.Record(state);
            throw;
        }
    }

    // One that cannot be ended runs out; other nodes wait for it no longer than that, and this one need not.
    private async Task ReleaseLeaseAsync(RefreshEffect.ReleaseLease end, RefreshState state, string clientName)
    {
        try
        {
            await store.ReleaseLeaseAsync(end.Lease, end.Known, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            interrupted.RecordUnreleased(state, end);
            Log.LeaseNotEnded(logger, clientName, exception.GetType().Name);
        }
    }
}
