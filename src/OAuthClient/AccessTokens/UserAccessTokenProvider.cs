using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Provides the access tokens of resource owners. A fresh token is returned at once, one that expires soon is refreshed in the background,
/// and for an expired one the caller waits. One refresh runs at a time per grant, for whatever scopes, because all use its one refresh
/// token.
/// </summary>
internal sealed class UserAccessTokenProvider
{
    private readonly ClientConfigurationProvider configuration;
    private readonly GrantRefresher refresher;
    private readonly IGrantStore store;
    private readonly GrantSelector selector;
    private readonly RefreshBackoff backoff;
    private readonly ClientTelemetry telemetry;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly CoarseClock clock;
    private readonly SingleFlight<string, Renewal?> flights = new(StringComparer.Ordinal);
    private readonly InMemoryGrantStore? memory;
    private AccessTokenCache cache = new(configuration: null);

    public UserAccessTokenProvider(
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
        (this.configuration, this.refresher, this.store, this.backoff, this.telemetry, this.time, this.logger) = (
            configuration,
            refresher,
            store,
            backoff,
            telemetry,
            time,
            logger
        );
        selector = new(writes, backoff, time);
        clock = new(time);
        memory = store as InMemoryGrantStore;
        memory?.OnChange(
            (clientName, owner) =>
            {
                if (!string.Equals(clientName, configuration.Name, StringComparison.Ordinal))
                    return;
                // The change is visible to all threads before the cache is read here; LoadIntoCache publishes the cache before it reads the
                // store.
                Interlocked.MemoryBarrier();
                Volatile.Read(ref cache).Drop(owner);
            }
        );
    }

    /// <summary>Gets a fresh token from the cache, or from the store in memory.</summary>
    /// <returns>The token; <see langword="null"/> if <c>GetAsync</c> must be called.</returns>
    public AccessToken? TryGetCached(GrantOwner owner, AccessTokenKey selection, out string? header)
    {
        header = null;
        if (memory is null || selection.Key.Length > 0)
            return null;
        // The lookup comes first: the processor executes the following lines while it waits for the memory.
        var cached = Volatile.Read(ref cache);
        var token = cached.Find(owner, out header, out long freshUntil);
        long now = clock.Now;
        var current = configuration.GetCached(now);
        return token is not null && now < freshUntil && ReferenceEquals(cached.Registration, current)
            ? token
            : LoadIntoCache(memory, cached, owner, current, now, out header);
    }

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

    /// <summary>Reads a fresh token from the store, and adds it to the cache.</summary>
    private AccessToken? LoadIntoCache(
        InMemoryGrantStore memory,
        AccessTokenCache cached,
        GrantOwner owner,
        ClientConfiguration current,
        long now,
        out string? header
    )
    {
        header = null;
        // The new cache is visible to all threads before the store is read: later changes of the store are then removed from it.
        if (!ReferenceEquals(cached.Registration, current))
            Interlocked.Exchange(ref cache, cached = new(current));
        long mark = cached.Mark;
        var grants = memory.Find(current.Name, owner);
        if (selector.FindFresh(grants, current, owner, AccessTokenKey.Default, rejected: null, now, out long freshUntil) is not { } token)
            return null;
        // The owner of a stored grant, because an equal object of the caller need not live as long.
        cached.Set(grants[0].Owner, token, freshUntil, mark, now);
        header = token.AuthorizationHeader;
        return token;
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
                    StartEarlyRenewal(grant, selection, current.Name);
                return known!;
            }
            backoff.FindRecentFailure(grant, selection, now)?.Throw();
            var renewal = await JoinOrStartRenewal(grant, selection, rejected, early: false)
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

    private Task<Renewal?> JoinOrStartRenewal(Grant grant, AccessTokenKey selection, AccessToken? rejected, bool early)
    {
        var caller = Telemetry.Caller;
        return flights.JoinOrStart(
            grant.Id,
            async () =>
            {
                using var operation = telemetry.Refresh(isClient: false, CauseOf(grant, selection, rejected, early), caller);
                try
                {
                    if (await refresher.RunAsync(grant, selection, rejected).ConfigureAwait(false) is not { } outcome)
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

    private void StartEarlyRenewal(Grant grant, AccessTokenKey selection, string clientName)
    {
        var renewal = JoinOrStartRenewal(grant, selection, rejected: null, early: true);
        _ = BackgroundWork.RunIsolated(renewal, ended => LogFailureAsync(ended, clientName));
    }

    private async Task LogFailureAsync(Task<Renewal?> renewal, string clientName)
    {
        if ((await renewal.ConfigureAwait(false))?.Fault is { } fault)
            Log.EarlyRefreshFailed(logger, clientName, fault.SourceException.GetType().Name);
    }

    private sealed record Renewal(string SelectionKey, AccessTokenResult? Outcome, ExceptionDispatchInfo? Fault);
}
