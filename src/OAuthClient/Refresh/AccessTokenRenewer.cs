using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Renews access tokens, of grants or of the client itself. One renewal runs at a time for each key, and all callers share its result. A
/// renewal that failed is not repeated immediately.
/// </summary>
internal sealed class AccessTokenRenewer(RefreshBackoff backoff, ClientTelemetry telemetry, TimeProvider time, ILogger logger)
{
    private readonly SingleFlight<string, AccessTokenRenewal?> flights = new();

    /// <summary>Renews a token that the caller waits for.</summary>
    /// <param name="key">The key of the renewal.</param>
    /// <param name="context">The parameters of the renewal.</param>
    /// <param name="known">The token to renew; <see langword="null"/> if there is none.</param>
    /// <param name="renew">Renews the token; it returns <see langword="null"/> if the grant was removed or replaced meanwhile.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests. The renewal continues for other callers.</param>
    /// <returns>
    /// The result of the renewal, or of the one in progress, or of one that has just failed; <see langword="null"/> if the grant was
    /// removed or replaced meanwhile.
    /// </returns>
    public async Task<AccessTokenRenewal?> RenewAsync(
        string key,
        RefreshContext context,
        AccessToken? known,
        Func<RefreshContext, Task<AccessTokenResult?>> renew,
        CancellationToken cancellationToken
    ) =>
        backoff.FindRecentFailure(key, context, time.GetUtcNow())
        ?? await JoinOrStart(
                key,
                context,
                context.Rejected is not null ? RefreshCause.Rejected
                    : known is null ? RefreshCause.Missing
                    : RefreshCause.Expired,
                renew
            )
            .WaitAsync(cancellationToken)
            .ConfigureAwait(false);

    /// <summary>Starts to renew a token that is still valid, in the background.</summary>
    /// <param name="key">The key of the renewal.</param>
    /// <param name="context">The parameters of the caller.</param>
    /// <param name="renew">Renews the token.</param>
    public void RenewEarly(string key, RefreshContext context, Func<RefreshContext, Task<AccessTokenResult?>> renew)
    {
        if (!backoff.CanRefreshEarly(key, time.GetUtcNow()) || flights.IsRunning(key))
            return;
        var renewal = JoinOrStart(key, context with { Rejection = null }, RefreshCause.Early, renew);
        _ = BackgroundWork.RunIsolated(renewal, ended => LogFailureAsync(ended, context.Configuration.Name));
    }

    /// <summary>Runs work while no renewal and no other work with the same key runs in this process.</summary>
    public Task ExclusivelyAsync(string key, Func<Task> work, CancellationToken cancellationToken) =>
        flights.RunExclusiveAsync(
            key,
            async () =>
            {
                await work().ConfigureAwait(false);
                return null;
            },
            accepts: null,
            cancellationToken
        );

    /// <summary>Waits for the renewals in progress, so that their results are saved before the application stops.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => flights.DrainAsync(cancellationToken);

    private Task<AccessTokenRenewal?> JoinOrStart(
        string key,
        RefreshContext context,
        string cause,
        Func<RefreshContext, Task<AccessTokenResult?>> renew
    )
    {
        var caller = Telemetry.Caller;
        return flights.JoinOrStart(
            key,
            async () =>
            {
                using var operation = telemetry.Refresh(context.Owner.IsClient, cause, caller);
                try
                {
                    if (await renew(context).ConfigureAwait(false) is not { } outcome)
                    {
                        operation.Ended();
                        return null;
                    }
                    backoff.Clear(key);
                    operation.Succeeded(outcome.IsFetched);
                    return new(context, outcome, Fault: null);
                }
                catch (Exception exception)
                {
                    operation.Failed(exception);
                    AccessTokenRenewal failed = new(context, Outcome: null, ExceptionDispatchInfo.Capture(exception));
                    if (cause == RefreshCause.Early)
                        backoff.RecordEarlyFailure(key, time.GetUtcNow());
                    else
                        backoff.RecordFailure(key, failed, time.GetUtcNow());
                    return failed;
                }
            }
        );
    }

    private async Task LogFailureAsync(Task<AccessTokenRenewal?> renewal, string clientName)
    {
        if ((await renewal.ConfigureAwait(false))?.Fault is { } fault)
            Log.EarlyRefreshFailed(logger, clientName, fault.SourceException.GetType().Name);
    }
}
