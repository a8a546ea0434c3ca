using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Provides the access tokens of resource owners. A fresh token is returned at once, one that expires soon is refreshed in the background,
/// and for an expired one the caller waits. One refresh runs at a time per grant, for whatever scopes, because all use its one refresh
/// token.
/// </summary>
internal sealed class UserAccessTokenProvider(
    ClientConfigurationProvider configuration,
    GrantRefresher refresher,
    IGrantStore store,
    GrantWriteQueue writes,
    RefreshBackoff backoff,
    ClientTelemetry telemetry,
    TimeProvider time,
    ILogger logger
)
{
    private readonly GrantSelector selector = new(writes, backoff, time);
    private readonly SingleFlight<string, Renewal?> flights = new(StringComparer.Ordinal);
    private readonly InMemoryGrantStore? memory = store as InMemoryGrantStore;

    /// <summary>Registers a listener that is called within each change of an owner's grants in the store in memory.</summary>
    public void OnChange(Action<GrantOwner> listener) =>
        memory?.OnChange(
            (clientName, owner) =>
            {
                if (string.Equals(clientName, configuration.Name, StringComparison.Ordinal))
                    listener(owner);
            }
        );

    /// <summary>Gets a value indicating whether the store is in memory. Other stores do not report each change.</summary>
    public bool IsInMemory => memory is not null;

    /// <summary>Finds a fresh token in the store in memory.</summary>
    public AccessToken? FindFresh(ClientConfiguration current, GrantOwner owner, AccessTokenKey selection, long now, out long freshUntil) =>
        selector.FindFresh(memory!.Find(current.Name, owner), current, owner, selection, rejected: null, now, out freshUntil);

    /// <exception cref="ReauthorizationRequiredException">The owner must authorize the client again.</exception>
    public ValueTask<AccessToken> GetAsync(
        GrantOwner owner,
        AccessTokenKey selection,
        AccessToken? rejected,
        CancellationToken cancellationToken
    )
    {
        long now = time.GetUtcNow().UtcTicks;
        var current = configuration.GetCached(now);
        var finding = store.FindAsync(current.Name, owner, cancellationToken);
        if (!finding.IsCompletedSuccessfully)
            return GetAsync(finding, owner, selection, rejected, cancellationToken);
#pragma warning disable VSTHRD103 // The task has completed.
        var grants = finding.Result;
#pragma warning restore VSTHRD103
        // The path of nearly every call: no lock, no task, no allocation.
        return selector.FindFresh(grants, current, owner, selection, rejected, now, out _) is { } token
            ? new(token)
            : GetAsync(new(grants), owner, selection, rejected, cancellationToken);
    }

    private async ValueTask<AccessToken> GetAsync(
        ValueTask<IReadOnlyList<Grant>> finding,
        GrantOwner owner,
        AccessTokenKey selection,
        AccessToken? rejected,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            var grant = selector.Select(await finding.ConfigureAwait(false), current, owner, selection, rejected);
            var now = time.GetUtcNow();
            bool renewable = selector.IsRenewable(grant);
            var (known, state) = selector.GetState(grant, current, selection, rejected, now);
            if (state == AccessTokenState.Fresh || (state == AccessTokenState.RefreshDue && !renewable))
                return known!;
            if (!renewable)
                throw CreateNotRenewable(current, grant, isForRejectedToken: rejected is not null);
            if (state == AccessTokenState.RefreshDue)
            {
                if (backoff.CanRefreshEarly(grant, now) && !flights.IsRunning(grant.Id))
                    StartEarlyRenewal(grant, selection, current);
                return known!;
            }
            backoff.FindRecentFailure(grant, selection, now)?.Throw();
            var renewal = await JoinOrStartRenewal(grant, selection, rejected, current, early: false)
                .WaitAsync(cancellationToken)
                .ConfigureAwait(false);
            // A renewal for other scopes, even a failed one, is not used, nor one whose grant was replaced or ended; the loop reads the
            // store again.
            if (
                renewal is not null
                && string.Equals(renewal.SelectionKey, selection.Key, StringComparison.Ordinal)
                && !grant.HasEnded(time.GetUtcNow())
            )
            {
                renewal.Fault?.Throw();
                // A renewal that found the rejected token in the store is not used. A token that the server just issued is returned even if
                // it equals the rejected one.
                if (renewal.Outcome!.IsFetched || !renewal.Outcome.Token.Equals(rejected))
                    return renewal.Outcome.Token;
            }
            finding = store.FindAsync(current.Name, owner, cancellationToken);
        }
    }

    /// <summary>Waits for the refreshes in progress, so that their results are saved before the application stops.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => flights.DrainAsync(cancellationToken);

    /// <summary>Runs work while no refresh and no revocation of the grant runs in this process.</summary>
    public Task ExclusivelyAsync(Grant grant, Func<Task> work, CancellationToken cancellationToken) =>
        flights.RunExclusiveAsync(
            grant.Id,
            async () =>
            {
                await work().ConfigureAwait(false);
                return null;
            },
            accepts: null,
            cancellationToken
        );

    private static ReauthorizationRequiredException CreateNotRenewable(ClientConfiguration current, Grant grant, bool isForRejectedToken) =>
        grant.CanRefresh
            ? current.CreateReauthorizationRequired("the server rejected the refresh token")
            : current.CreateReauthorizationRequired(
                isForRejectedToken
                    ? "the API rejected the access token and there is no refresh token"
                    : "the access token has expired and there is no refresh token",
                isForRejectedToken: isForRejectedToken
            );

    private Task<Renewal?> JoinOrStartRenewal(
        Grant grant,
        AccessTokenKey selection,
        AccessToken? rejected,
        ClientConfiguration current,
        bool early
    )
    {
        var caller = Telemetry.Caller;
        return flights.JoinOrStart(
            grant.Id,
            async () =>
            {
                using var operation = telemetry.Refresh(isClient: false, CauseOf(grant, selection, rejected, early), caller);
                try
                {
                    RefreshContext context = new(current, grant.Owner, selection, rejected);
                    if (await refresher.RunAsync(context, grant).ConfigureAwait(false) is not { } outcome)
                    {
                        operation.Ended();
                        return null;
                    }
                    operation.Succeeded(outcome.IsFetched);
                    return new Renewal(selection.Key, outcome, Fault: null);
                }
                catch (Exception exception)
                {
                    operation.Failed(exception);
                    var fault = ExceptionDispatchInfo.Capture(exception);
                    if (early)
                        backoff.RecordEarlyFailure(grant, time.GetUtcNow());
                    else
                        backoff.RecordFailure(grant, selection, fault, time.GetUtcNow());
                    return new Renewal(selection.Key, Outcome: null, fault);
                }
            }
        );
    }

    private static string CauseOf(Grant grant, AccessTokenKey selection, AccessToken? rejected, bool early) =>
        early ? RefreshCause.Early
        : rejected is not null ? RefreshCause.Rejected
        : grant.Find(selection.Key) is null ? RefreshCause.Missing
        : RefreshCause.Expired;

    private void StartEarlyRenewal(Grant grant, AccessTokenKey selection, ClientConfiguration current)
    {
        var renewal = JoinOrStartRenewal(grant, selection, rejected: null, current, early: true);
        _ = BackgroundWork.RunIsolated(renewal, ended => LogFailureAsync(ended, current.Name));
    }

    private async Task LogFailureAsync(Task<Renewal?> renewal, string clientName)
    {
        if ((await renewal.ConfigureAwait(false))?.Fault is { } fault)
            Log.EarlyRefreshFailed(logger, clientName, fault.SourceException.GetType().Name);
    }

    private sealed record Renewal(string SelectionKey, AccessTokenResult? Outcome, ExceptionDispatchInfo? Fault);
}
