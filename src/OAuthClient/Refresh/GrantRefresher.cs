using System.Globalization;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using static OAuthClient.RefreshEffect;
using static OAuthClient.RefreshEvent;

namespace OAuthClient;

/// <summary>
/// Refreshes a grant by executing the effects of <see cref="RefreshStateMachine"/>. The caller ensures that no other thread of this process
/// refreshes the same grant; the store's lease ensures it among processes.
/// </summary>
internal sealed class GrantRefresher(
    RefreshTokenClient client,
    GrantWriteQueue grants,
    IGrantStore store,
    GrantRemover remover,
    Action<string, TokenResponse, ClientConfiguration, AuthorizationServerMetadata> revokeInBackground,
    RefreshBackoff backoff,
    InterruptedRefreshes interrupted,
    RefreshTokenExpirations expirations,
    ClientTelemetry telemetry,
    TimeProvider time,
    ILogger logger
)
{
    // A store without change notifications polls at shorter intervals.
    private static readonly TimeSpan MaximumLeaseWait = TimeSpan.FromSeconds(30);

    /// <returns>The token; <see langword="null"/> if the grant was removed or replaced meanwhile.</returns>
    /// <exception cref="ReauthorizationRequiredException">The server rejected the refresh token.</exception>
    public async Task<AccessTokenResult?> RunAsync(RefreshContext context, Grant seen)
    {
        // Slow requests that need no lease are sent before it is acquired.
        var server = await client.PrepareAsync(seen, context.Configuration).ConfigureAwait(false);
        if (await grants.FlushAsync(seen).ConfigureAwait(false) is not { } latest)
            return null;

        var state = interrupted.Resume(latest);
        RefreshEvent happened = new Started();
        long leasedAt = 0;
        while (true)
        {
            (state, var effects) = RefreshStateMachine.Step(context, state, happened, time.GetUtcNow());
            foreach (var effect in effects)
            {
                switch (effect)
                {
                    case AcquireLease or WaitForLease:
                        // Measured from before the request, the lease expires here no later than at the store.
                        leasedAt = time.GetTimestamp();
                        happened = await ApplyToStoreAsync(effect, state, context.Configuration).ConfigureAwait(false);
                        break;
                    case SendRefreshRequest sendRefreshRequest:
                        happened = await client.SendAsync(sendRefreshRequest, context, server, leasedAt).ConfigureAwait(false);
                        if (happened is RequestFailed { Outcome: RefreshTokenOutcome.Ambiguous, Fault: var fault })
                        {
                            telemetry.PresentedWithoutAnswer();
                            Log.PresentedWithoutAnswer(logger, seen.ClientName, fault.GetType().Name);
                        }
                        break;
                    case Save save:
                        happened = new GrantSaved(await SaveAsync(save, context).ConfigureAwait(false));
                        break;
                    case RemoveGrant remove:
                        revokeInBackground(remove.Grant.Id, remove.Response, context.Configuration, server);
                        await RemoveAsync(remove.Grant, state).ConfigureAwait(false);
                        break;
                    case ReleaseLease release:
                        await ReleaseLeaseAsync(release, state, seen.ClientName).ConfigureAwait(false);
                        break;
                    case ReturnToken returnToken:
                        Log.Refreshed(logger, seen.ClientName, returnToken.IsFetched ? "the server" : "another refresh");
                        return new(returnToken.Token, returnToken.IsFetched);
                    case Reload:
                        return null;
                    case Fail fail:
                        // Keeps the stack trace.
                        ExceptionDispatchInfo.Throw(fail.Fault);
                        break;
                    case RequireInteraction { Fault: var refusal }:
                        Log.InteractionRequired(logger, seen.ClientName);
                        throw context.Configuration.CreateInteractionRequired(context.Selection.Scopes, (TokenEndpointException)refusal);
                    case RequireReauthorization lost:
                        backoff.RecordLost(lost.Grant);
                        // Counted only by the node that received the server's response.
                        if (lost.Fault is not null)
                            telemetry.Lost(state.IsInDoubt || state.PreviousStatus == RefreshTokenStatus.Unknown);
                        if (lost.Fault is OAuthProtocolException)
                            Log.OtherIdentityReceived(logger, seen.ClientName);
                        else
                            Log.GrantLost(logger, seen.ClientName);
                        throw context.Configuration.CreateReauthorizationRequired(ReasonOf(lost), lost.Fault);
                }
            }
        }
    }

    private async Task<bool> SaveAsync(Save save, RefreshContext context)
    {
        Grant? saved = null;
        bool isKept = await grants
            .SaveAsync(
                save.Grant,
                save.Spent,
                older =>
                    saved = older.Refreshed(
                        save.Response,
                        context.Selection.Key,
                        time.GetUtcNow(),
                        hasMoved: older.Generation != save.Grant.Generation
                    )
            )
            .ConfigureAwait(false);
        if (saved is not null)
        {
            if (saved.Scopes.Count < save.Grant.Scopes.Count)
                Log.GrantNarrowed(logger, saved.ClientName, save.Grant.Scopes.Count, saved.Scopes.Count);
            if (expirations.Record(save.Grant, saved) is { } end)
                Log.RefreshTokenExpiresSoon(logger, saved.ClientName, end);
        }
        return isKept;
    }

    // The grant is not used again, also if the store cannot remove it now.
    private async Task RemoveAsync(Grant grant, RefreshState state)
    {
        try
        {
            await remover.RemoveAsync(grant).ConfigureAwait(false);
        }
        catch
        {
            backoff.RecordLost(grant);
            interrupted.Record(state);
            throw;
        }
    }

    private string ReasonOf(RequireReauthorization lost) =>
        lost switch
        {
            { Fault: OAuthProtocolException } => "a refresh returned the tokens of another user, server or client",
            { Grant.RefreshTokenExpiresAt: { } end } when end <= time.GetUtcNow() => string.Create(
                CultureInfo.InvariantCulture,
                $"the server rejected the refresh token, which expired at {end.UtcDateTime:u}"
            ),
            _ => "the server rejected the refresh token",
        };

    // A held lease, a rejected refresh token and an unknown result are remembered while the store cannot be reached.
    private async Task<RefreshEvent> ApplyToStoreAsync(RefreshEffect effect, RefreshState state, ClientConfiguration current)
    {
        try
        {
            if (effect is AcquireLease acquire)
                return new LeaseResultReceived(
                    await store
                        .TryAcquireLeaseAsync(acquire.Seen, acquire.Held, current.RefreshLease, CancellationToken.None)
                        .ConfigureAwait(false)
                );
            Log.LeaseAwaited(logger, state.Grant.ClientName);
            using (telemetry.WaitForLease())
                await store.WaitForChangeAsync(((WaitForLease)effect).Seen, MaximumLeaseWait, CancellationToken.None).ConfigureAwait(false);
            return new WaitCompleted();
        }
        catch
        {
            interrupted.Record(state);
            throw;
        }
    }

    // A lease that cannot be released expires. Other nodes wait until then; this node remembers the lease and need not wait.
    private async Task ReleaseLeaseAsync(ReleaseLease release, RefreshState state, string clientName)
    {
        try
        {
            await store.ReleaseLeaseAsync(release.Lease, release.Known, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            interrupted.RecordUnreleased(state, release);
            Log.LeaseNotEnded(logger, clientName, exception.GetType().Name);
        }
    }
}
