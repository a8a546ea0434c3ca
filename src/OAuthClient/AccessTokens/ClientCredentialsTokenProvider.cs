using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Provides the client's own access tokens (RFC 6749 §4.4). They are cached in memory, and in the distributed cache if the application
/// enabled it. Concurrent callers with the same scopes and resources share one request.
/// </summary>
internal sealed class ClientCredentialsTokenProvider(
    ClientConfigurationProvider configuration,
    ServerMetadataCache metadata,
    TokenEndpointClient tokenEndpoint,
    DistributedClientTokenCache? shared,
    ClientTelemetry telemetry,
    TimeProvider time,
    ILogger logger
)
{
    // A limit, because an application may let its own callers choose scopes and resources.
    private const int MaximumSelections = 1_000;

    private readonly BoundedCache<string, CachedToken> tokens = new(MaximumSelections, StringComparer.Ordinal);
    private readonly BoundedCache<string, Failure> failures = new(MaximumSelections, StringComparer.Ordinal);
    private readonly SingleFlight<string, Renewal> flights = new(StringComparer.Ordinal);
    private Action? changed;

    /// <summary>Registers a listener that is called after each new token.</summary>
    public void OnChange(Action listener) => changed = listener;

    /// <summary>Finds a fresh token, without a lock, a task or an allocation.</summary>
    public AccessToken? FindFresh(ClientConfiguration current, AccessTokenKey selection, long now, out long freshUntil)
    {
        var known = FindCached(current, selection, rejected: null)?.Value;
        freshUntil = known is null ? 0 : AccessTokenExpiry.FreshUntil(known, renewable: true, current.DefaultAccessTokenLifetime);
        return now < freshUntil ? known : null;
    }

    public ValueTask<AccessToken> GetAsync(AccessTokenKey selection, AccessToken? rejected, CancellationToken cancellationToken)
    {
        long now = time.GetUtcNow().UtcTicks;
        return rejected is null && FindFresh(configuration.GetCached(now), selection, now, out _) is { } fresh
            ? new(fresh)
            : RenewAsync(selection, rejected, cancellationToken);
    }

    private async ValueTask<AccessToken> RenewAsync(AccessTokenKey selection, AccessToken? rejected, CancellationToken cancellationToken)
    {
        while (true)
        {
            var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            var known = FindCached(current, selection, rejected);
            switch (known is null ? AccessTokenState.Expired : StateOf(known, current, time.GetUtcNow()))
            {
                case AccessTokenState.Fresh:
                    return known!.Value;
                case AccessTokenState.RefreshDue:
                    if (!(time.GetUtcNow() < known!.RetryAt) && !flights.IsRunning(selection.Key))
                        StartEarlyRenewal(current, selection, known);
                    return known.Value;
            }
            if (failures.TryGet(selection.Key, time.GetUtcNow(), out var failure) && failure.IsFor(current))
                failure.Fault.Throw();
            Renewal renewal;
            try
            {
                renewal = await JoinOrStartRenewal(current, selection, rejected, early: null)
                    .WaitAsync(cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (TokenEndpointException) when (current is { Registered: not null, IsRefused: true })
            {
                // The server no longer knows the dynamically registered client. Another caller may have registered it again.
                if (ReferenceEquals(await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false), current))
                    throw;
                continue;
            }
            // A renewal from before a reload of the configuration, or one that found the rejected token in the cache, is of no use. A token
            // that the server just issued is returned even if it equals the rejected one.
            if (renewal.Token.IsFor(current) && (renewal.IsFetched || !renewal.Token.Value.Equals(rejected)))
                return renewal.Token.Value;
        }
    }

    private CachedToken? FindCached(ClientConfiguration current, AccessTokenKey selection, AccessToken? rejected) =>
        tokens.TryGet(selection.Key, out var cached) && cached.IsFor(current) && (rejected is null || !cached.Value.Equals(rejected))
            ? cached
            : null;

    private static AccessTokenState StateOf(CachedToken cached, ClientConfiguration current, DateTimeOffset now) =>
        AccessTokenExpiry.StateAt(cached.Value, renewable: true, current.DefaultAccessTokenLifetime, now);

    /// <param name="current">The client's configuration.</param>
    /// <param name="selection">The scopes and resources.</param>
    /// <param name="rejected">The token that an API rejected.</param>
    /// <param name="early">The token that is still valid, if no caller waits for the renewal.</param>
    private Task<Renewal> JoinOrStartRenewal(
        ClientConfiguration current,
        AccessTokenKey selection,
        AccessToken? rejected,
        CachedToken? early
    )
    {
        var caller = Telemetry.Caller;
        return flights.JoinOrStart(
            selection.Key,
            async () =>
            {
                // A renewal that has just ended may already have cached a fresh token.
                if (
                    FindCached(current, selection, rejected) is { } known
                    && StateOf(known, current, time.GetUtcNow()) == AccessTokenState.Fresh
                )
                    return new(known, IsFetched: false);
                using var operation = telemetry.Refresh(isClient: true, CauseOf(current, selection, rejected, early), caller);
                try
                {
                    var request = CreateRequest(current, selection);
                    request.EnsureAllowed(current);
                    var token = shared is null ? null : await FindSharedAsync(shared, current, request, rejected).ConfigureAwait(false);
                    bool isFetched = token is null;
                    if (token is null)
                    {
                        var server = await metadata.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
                        var response = await tokenEndpoint
                            .SendAsync(request, current, server, CancellationToken.None)
                            .ConfigureAwait(false);
                        token = response.AccessToken;
                        token.ReplacesRejected = rejected is not null;
                        Share(current, request, token);
                    }
                    CachedToken cached = new(current.ClientId, current.ServerId, token);
                    tokens.Set(selection.Key, cached, ExpiryOf(token, current), time.GetUtcNow());
                    changed?.Invoke();
                    failures.TryRemove(selection.Key, out _);
                    operation.Succeeded(isFetched);
                    return new(cached, isFetched);
                }
                catch (Exception exception)
                {
                    operation.Failed(exception);
                    if (early is null)
                        RecordFailure(selection, new(current, ExceptionDispatchInfo.Capture(exception)));
                    else
                        tokens.TryReplace(selection.Key, early with { RetryAt = time.GetUtcNow() + RefreshBackoff.EarlyPause }, early);
                    throw;
                }
            }
        );
    }

    private string CauseOf(ClientConfiguration current, AccessTokenKey selection, AccessToken? rejected, CachedToken? early) =>
        early is not null ? RefreshCause.Early
        : rejected is not null ? RefreshCause.Rejected
        : FindCached(current, selection, rejected: null) is null ? RefreshCause.Missing
        : RefreshCause.Expired;

    private void StartEarlyRenewal(ClientConfiguration current, AccessTokenKey selection, CachedToken known)
    {
        var renewal = JoinOrStartRenewal(current, selection, rejected: null, early: known);
        _ = BackgroundWork.RunIsolated(renewal, ended => LogFailureAsync(ended, current.Name));
    }

    private async Task LogFailureAsync(Task<Renewal> renewal, string clientName)
    {
        try
        {
            await renewal.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.EarlyRefreshFailed(logger, clientName, exception.GetType().Name);
        }
    }

    private static ClientCredentialsRequest CreateRequest(ClientConfiguration current, AccessTokenKey selection) =>
        new(
            selection.Scopes.Count > 0 ? selection.Scopes : current.Scopes,
            selection.Resources.Count > 0 ? selection.Resources : current.Resources
        );

    private static DateTimeOffset ExpiryOf(AccessToken token, ClientConfiguration current) =>
        token.ExpiresAt ?? token.IssuedAt + current.DefaultAccessTokenLifetime;

    private void RecordFailure(AccessTokenKey selection, Failure failure) =>
        failures.Set(selection.Key, failure, time.GetUtcNow() + RefreshBackoff.Pause, time.GetUtcNow());

    private void Share(ClientConfiguration current, ClientCredentialsRequest request, AccessToken token)
    {
        if (shared is not null)
            _ = shared.SetAsync(DistributedClientTokenCache.Key(current, request), token, ExpiryOf(token, current), CancellationToken.None);
    }

    // Only a fresh token is used, and only one that is newer than a rejected token.
    private async Task<AccessToken?> FindSharedAsync(
        DistributedClientTokenCache cache,
        ClientConfiguration current,
        ClientCredentialsRequest request,
        AccessToken? rejected
    ) =>
        await cache.FindAsync(DistributedClientTokenCache.Key(current, request), CancellationToken.None).ConfigureAwait(false) is { } token
        && (rejected is null || (token.IssuedAt > rejected.IssuedAt && !token.Equals(rejected)))
        && AccessTokenExpiry.StateAt(token, renewable: true, current.DefaultAccessTokenLifetime, time.GetUtcNow()) == AccessTokenState.Fresh
            ? token
            : null;

    private sealed record Failure(ClientConfiguration Registration, ExceptionDispatchInfo Fault)
    {
        // After a reload of the configuration, for example with a corrected secret, the request is sent at once.
        public bool IsFor(ClientConfiguration current) => ReferenceEquals(Registration, current);
    }

    private sealed record Renewal(CachedToken Token, bool IsFetched);

    private sealed record CachedToken(string ClientId, string Server, AccessToken Value)
    {
        /// <summary>Gets the time at which a failed early renewal may be retried.</summary>
        public DateTimeOffset? RetryAt { get; init; }

        // After a reload of the configuration, a token of another client or server is not used.
        public bool IsFor(ClientConfiguration current) =>
            string.Equals(ClientId, current.ClientId, StringComparison.Ordinal)
            && string.Equals(Server, current.ServerId, StringComparison.Ordinal);
    }
}
