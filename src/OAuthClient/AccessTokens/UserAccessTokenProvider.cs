using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Keeps resource owners' access tokens alive: a good one is handed out at once, one that ends soon is renewed in the
/// background, one that ended is waited for. One refresh at a time per grant, whatever scope asked for it, because each
/// spends the grant's one refresh token.
/// </summary>
internal sealed class UserAccessTokenProvider
{
    private readonly ClientConfigurationProvider configuration;
    private readonly GrantRefresher refresher;
    private readonly IGrantStore store;
    private readonly GrantWriteQueue writes;
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
        (this.configuration, this.refresher, this.store, this.writes, this.backoff, this.telemetry, this.time, this.logger) = (
            configuration,
            refresher,
            store,
            writes,
            backoff,
            telemetry,
            time,
            logger
        );
        clock = new(time);
        memory = store as InMemoryGrantStore;
        memory?.OnChange(
            (clientName, owner) =>
            {
                if (!string.Equals(clientName, configuration.Name, StringComparison.Ordinal))
                    return;
                // The change is seen by everybody before this looks for the copy, as the copy is before its reader looks for changes.
                Interlocked.MemoryBarrier();
                Volatile.Read(ref cache).Drop(owner);
            }
        );
    }

    /// <summary>A good token that lies at hand in the memory of this process, and how it is presented.</summary>
    public AccessToken? TryGetCached(GrantOwner owner, AccessTokenKey selection, out string? header)
    {
        header = null;
        if (memory is null || selection.Key.Length > 0)
            return null;
        // Looked up first: while the processor waits for what lies so far away, it goes on with the rest.
        var cached = Volatile.Read(ref cache);
        var token = cached.Find(owner, out header, out long goodUntil);
        long now = clock.Now;
        var current = configuration.GetCached(now);
        return token is not null && now < goodUntil && ReferenceEquals(cached.Registration, current)
            ? token
            : LoadIntoCache(memory, cached, owner, current, now, out header);
    }

    /// <exception cref="ReauthorizationRequiredException">Only the resource owner can help.</exception>
    public ValueTask<AccessToken> GetAsync(
        GrantOwner owner,
        AccessTokenKey selection,
        AccessToken? rejected,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        var current = configuration.GetCached(now.UtcTicks);
        var finding = store.FindAsync(current.Name, owner, cancellationToken);
        if (!finding.IsCompletedSuccessfully)
            return GetAsync(finding, owner, selection, rejected, cancellationToken);
#pragma warning disable VSTHRD103 // It has completed.
        var grants = finding.Result;
#pragma warning restore VSTHRD103
        // The way of nearly every call: no lock, no task, no allocation.
        for (int i = 0; i < grants.Count; i++)
        {
            var grant = grants[i];
            if (!GrantOwnership.IsUsable(grant, current, owner) || now.UtcTicks >= grant.EndsAtTicks)
                continue;
            if (
                Usable(grant, selection, rejected) is { } token
                && AccessTokenExpiry.StateAt(token, grant.CanRefresh, current.DefaultAccessTokenLifetime, now) == AccessTokenState.Fresh
            )
            {
                return new(token);
            }
            break;
        }
        return GetAsync(new(grants), owner, selection, rejected, cancellationToken);
    }

    // From the store to where it is at hand the next time.
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
        // Seen by everybody before the store is asked: what it changes from then on is taken out of this one.
        if (!ReferenceEquals(cached.Registration, current))
            Interlocked.Exchange(ref cache, cached = new(current));
        long mark = cached.Mark;
        if (
            memory.Find(current.Name, owner) is not [var newest, ..]
            || newest.AccessToken is not { } token
            || !GrantOwnership.IsUsable(newest, current, owner)
            || Math.Min(newest.EndsAtTicks, AccessTokenExpiry.FreshUntil(token, newest.CanRefresh, current.DefaultAccessTokenLifetime))
                is var goodUntil
                && now >= goodUntil
        )
        {
            return null;
        }
        cached.Keep(newest.Owner, token, goodUntil, mark, now);
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
            var grant = Choose(await finding.ConfigureAwait(false), current, owner, selection, rejected);
            var now = time.GetUtcNow();
            bool renewable = grant.CanRefresh && !backoff.IsLost(grant);
            var known = Usable(grant, selection, rejected);
            var state = known is null
                ? AccessTokenState.Expired
                : AccessTokenExpiry.StateAt(known, renewable, current.DefaultAccessTokenLifetime, now);
            if (state == AccessTokenState.Fresh || (state == AccessTokenState.RefreshDue && !renewable))
                return known!;
            if (!renewable)
                throw Unrenewable(current, grant, isForRefusedToken: rejected is not null);
            if (state == AccessTokenState.RefreshDue)
            {
                if (backoff.MayRefreshEarly(grant, now) && !flights.IsRunning(grant.Id))
                    RenewEarly(grant, selection, current.Name);
                return known!;
            }
            backoff.JustFailed(grant, selection, now)?.Throw();
            var renewal = await Renew(grant, selection, rejected, early: false).WaitAsync(cancellationToken).ConfigureAwait(false);
            // A flight for other scopes, even a failed one, or one whose grant was replaced brings nothing; the next look may.
            // Nor does one during which the grant ended.
            if (
                renewal is not null
                && string.Equals(renewal.SelectionKey, selection.Key, StringComparison.Ordinal)
                && !grant.HasEnded(time.GetUtcNow())
            )
            {
                renewal.Fault?.Throw();
                // Nor does one that found what this caller had refused; but a token fresh from the server is as good as any,
                // even when the server gave the same one again.
                if (renewal.Outcome!.IsFetched || !renewal.Outcome.Token.Equals(rejected))
                    return renewal.Outcome.Token;
            }
            finding = store.FindAsync(current.Name, owner, cancellationToken);
        }
    }

    /// <summary>
    /// The owner's newest grant of this registration at this server that covers the selection and can still give a token; when
    /// none can, the newest that covers it.
    /// </summary>
    /// <exception cref="ReauthorizationRequiredException">There is none.</exception>
    private Grant Choose(
        IReadOnlyList<Grant> grants,
        ClientConfiguration current,
        GrantOwner owner,
        AccessTokenKey selection,
        AccessToken? rejected
    )
    {
        bool any = false,
            isOfRemovedTenant = false,
            hasEnded = false;
        Grant? over = null;
        var now = time.GetUtcNow();
        foreach (var stored in grants)
        {
            if (!GrantOwnership.BelongsTo(stored, current, owner))
                continue;
            if (!GrantOwnership.IsUsable(stored, current, owner))
            {
                isOfRemovedTenant = true;
                continue;
            }
            if (stored.HasEnded(now))
            {
                hasEnded = true;
                continue;
            }
            any = true;
            var grant = writes.ApplyPending(stored);
            if (!grant.Covers(selection))
                continue;
            if (CanServe(grant, current, selection, rejected))
                return grant;
            over ??= grant;
        }
        if (over is not null)
            return over;
        throw current.CreateReauthorizationRequired(
            any ? $"no grant covers the scopes {ScopeList.Join(selection.Scopes)}"
            : isOfRemovedTenant ? "the tenant of the user's account was removed from AllowedTenants"
            : hasEnded ? "the grant ended with the sign-in (SignInLifetime), because offline_access was not granted"
            : "there is no grant of this user"
        );
    }

    /// <summary>Ends when the refreshes under way have: what they bring is worth more than a quick shutdown.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => flights.DrainAsync(cancellationToken);

    /// <summary>Runs alone among everything that spends or ends this grant.</summary>
    public async Task ExclusivelyAsync(Grant grant, Func<Task> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            bool ours = flights.JoinOrStart(
                grant.Id,
                async () =>
                {
                    await work().ConfigureAwait(false);
                    return null;
                },
                out var flight
            );
            try
            {
                await flight.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception) when (!ours && !cancellationToken.IsCancellationRequested)
            {
                // Somebody else's ending failed; its caller hears of it.
            }
            if (ours)
                return;
        }
    }

    private static ReauthorizationRequiredException Unrenewable(ClientConfiguration current, Grant grant, bool isForRefusedToken) =>
        grant.CanRefresh
            ? current.CreateReauthorizationRequired("the server no longer honours the grant")
            : current.CreateReauthorizationRequired(
                "the access token is over and there is no refresh token",
                isForRejectedToken: isForRefusedToken
            );

    private bool CanServe(Grant grant, ClientConfiguration current, AccessTokenKey selection, AccessToken? rejected) =>
        (grant.CanRefresh && !backoff.IsLost(grant))
        || (
            Usable(grant, selection, rejected) is { } token
            && AccessTokenExpiry.StateAt(token, renewable: false, current.DefaultAccessTokenLifetime, time.GetUtcNow())
                != AccessTokenState.Expired
        );

    private static AccessToken? Usable(Grant grant, AccessTokenKey selection, AccessToken? rejected) =>
        grant.Find(selection.Key) is { } token && (rejected is null || !token.Equals(rejected)) ? token : null;

    private Task<Renewal?> Renew(Grant grant, AccessTokenKey selection, AccessToken? rejected, bool early)
    {
        var caller = Telemetry.Caller;
        return flights.JoinOrStart(
            grant.Id,
            async () =>
            {
                using var watched = telemetry.Refresh(isClient: false, Cause(grant, selection, rejected, early), caller);
                try
                {
                    if (await refresher.RunAsync(grant, selection, rejected).ConfigureAwait(false) is not { } outcome)
                    {
                        watched.Ended();
                        return null;
                    }
                    watched.Brought(outcome.IsFetched);
                    return new Renewal(selection.Key, outcome, Fault: null);
                }
                catch (Exception exception)
                {
                    watched.Failed(exception);
                    var fault = ExceptionDispatchInfo.Capture(exception);
                    if (early)
                        backoff.EarlyFailed(grant, time.GetUtcNow());
                    else
                        backoff.Failed(grant, selection, fault, time.GetUtcNow());
                    return new Renewal(selection.Key, Outcome: null, fault);
                }
            }
        );
    }

    private static string Cause(Grant grant, AccessTokenKey selection, AccessToken? rejected, bool early) =>
        early ? RefreshCause.Early
        : rejected is not null ? RefreshCause.Rejected
        : grant.Find(selection.Key) is null ? RefreshCause.Missing
        : RefreshCause.Expired;

    private void RenewEarly(Grant grant, AccessTokenKey selection, string clientName)
    {
        var early = Renew(grant, selection, rejected: null, early: true);
        _ = BackgroundWork.RunIsolated(early, fetched => ReportAsync(fetched, clientName));
    }

    private async Task ReportAsync(Task<Renewal?> early, string clientName)
    {
        if ((await early.ConfigureAwait(false))?.Fault is { } fault)
            Log.EarlyRefreshFailed(logger, clientName, fault.SourceException.GetType().Name);
    }

    private sealed record Renewal(string SelectionKey, AccessTokenResult? Outcome, ExceptionDispatchInfo? Fault);
}
