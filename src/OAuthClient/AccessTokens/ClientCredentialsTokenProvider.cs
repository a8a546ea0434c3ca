using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// The client's own access tokens (RFC 6749 §4.4): a grant without refresh token, in memory, one request at a time per selection; shared
/// with other nodes where the application wants it.
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
    // An application may let its own callers choose scopes and resources.
    private const int MaximumSelections = 1_000;

    private readonly BoundedCache<string, Kept> tokens = new(MaximumSelections, StringComparer.Ordinal);
    private readonly BoundedCache<string, Failure> failures = new(MaximumSelections, StringComparer.Ordinal);
    private readonly SingleFlight<string, Renewal> flights = new(StringComparer.Ordinal);
    private readonly CoarseClock clock = new(time);

    /// <summary>A good token. The way of nearly every call: no lock, no task, no allocation.</summary>
    public AccessToken? TryGetCached(AccessTokenKey selection)
    {
        long now = clock.Now;
        var current = configuration.GetCached(now);
        return
            Known(current, selection, rejected: null) is { } known
            && now < AccessTokenExpiry.FreshUntil(known.Token, renewable: true, current.DefaultAccessTokenLifetime)
            ? known.Token
            : null;
    }

    public ValueTask<AccessToken> GetAsync(AccessTokenKey selection, AccessToken? rejected, CancellationToken cancellationToken) =>
        rejected is null && TryGetCached(selection) is { } good ? new(good) : RenewedAsync(selection, rejected, cancellationToken);

    private async ValueTask<AccessToken> RenewedAsync(AccessTokenKey selection, AccessToken? rejected, CancellationToken cancellationToken)
    {
        while (true)
        {
            var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            var known = Known(current, selection, rejected);
            switch (known is null ? AccessTokenState.Expired : State(known, current, time.GetUtcNow()))
            {
                case AccessTokenState.Fresh:
                    return known!.Token;
                case AccessTokenState.RefreshDue:
                    if (!(time.GetUtcNow() < known!.RetryAt) && !flights.IsRunning(selection.Key))
                        RenewEarly(current, selection, known);
                    return known.Token;
            }
            if (
                failures.TryGet(selection.Key, out var failure)
                && failure.IsFor(current)
                && time.GetUtcNow() < failure.At + RefreshBackoff.Pause
            )
                failure.Fault.Throw();
            Renewal renewal;
            try
            {
                renewal = await Renew(current, selection, rejected, inPlaceOf: null).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (TokenEndpointException) when (current is { Registered: not null, IsRefused: true })
            {
                // The server has forgotten a client that registers itself: it may have another name by now.
                if (ReferenceEquals(await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false), current))
                    throw;
                continue;
            }
            // A flight from before the configuration moved, or one that found what this caller had refused, brings nothing;
            // but a token fresh from the server is as good as any, even when the server gave the same one again.
            if (renewal.Kept.IsFor(current) && (renewal.IsFresh || !renewal.Kept.Token.Equals(rejected)))
                return renewal.Kept.Token;
        }
    }

    private Kept? Known(ClientConfiguration current, AccessTokenKey selection, AccessToken? rejected) =>
        tokens.TryGet(selection.Key, out var kept) && kept.IsFor(current) && (rejected is null || !kept.Token.Equals(rejected))
            ? kept
            : null;

    private static AccessTokenState State(Kept kept, ClientConfiguration current, DateTimeOffset now) =>
        AccessTokenExpiry.StateAt(kept.Token, renewable: true, current.DefaultAccessTokenLifetime, now);

    /// <param name="current">For which registration.</param>
    /// <param name="selection">Which token.</param>
    /// <param name="rejected">The one that an API refused.</param>
    /// <param name="inPlaceOf">The one that still lives, when nobody waits.</param>
    private Task<Renewal> Renew(ClientConfiguration current, AccessTokenKey selection, AccessToken? rejected, Kept? inPlaceOf)
    {
        var caller = Telemetry.Caller;
        return flights.JoinOrStart(
            selection.Key,
            async () =>
            {
                // A flight that landed a moment ago may have brought what this one is for.
                if (Known(current, selection, rejected) is { } known && State(known, current, time.GetUtcNow()) == AccessTokenState.Fresh)
                    return new(known, IsFresh: false);
                using var watched = telemetry.Refresh(isClient: true, Cause(current, selection, rejected, inPlaceOf), caller);
                try
                {
                    var request = Request(current, selection);
                    request.EnsureAllowed(current);
                    var token = shared is null ? null : await SharedAsync(shared, current, request, rejected).ConfigureAwait(false);
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
                    Kept kept = new(current.ClientId, current.ConfiguredMetadata.ServerId, token);
                    tokens.Set(selection.Key, kept, EndOf(token, current), time.GetUtcNow());
                    failures.TryRemove(selection.Key, out _);
                    watched.Brought(isFetched);
                    return new(kept, isFetched);
                }
                catch (Exception exception)
                {
                    watched.Failed(exception);
                    if (inPlaceOf is null)
                        Fail(selection, new(current, ExceptionDispatchInfo.Capture(exception), time.GetUtcNow()));
                    else
                        tokens.TryReplace(
                            selection.Key,
                            inPlaceOf with
                            {
                                RetryAt = time.GetUtcNow() + RefreshBackoff.EarlyPause,
                            },
                            inPlaceOf
                        );
                    throw;
                }
            }
        );
    }

    private string Cause(ClientConfiguration current, AccessTokenKey selection, AccessToken? rejected, Kept? inPlaceOf) =>
        inPlaceOf is not null ? RefreshCause.Early
        : rejected is not null ? RefreshCause.Rejected
        : Known(current, selection, rejected: null) is null ? RefreshCause.Missing
        : RefreshCause.Expired;

    private void RenewEarly(ClientConfiguration current, AccessTokenKey selection, Kept known)
    {
        var early = Renew(current, selection, rejected: null, inPlaceOf: known);
        _ = BackgroundWork.RunIsolated(early, fetched => ReportAsync(fetched, current.Name));
    }

    private async Task ReportAsync(Task<Renewal> early, string clientName)
    {
        try
        {
            await early.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.EarlyRefreshFailed(logger, clientName, exception.GetType().Name);
        }
    }

    private static ClientCredentialsRequest Request(ClientConfiguration current, AccessTokenKey selection) =>
        new(
            selection.Scopes.Count > 0 ? selection.Scopes : current.Scopes,
            selection.Resources.Count > 0 ? selection.Resources : current.Resources
        );

    private static DateTimeOffset EndOf(AccessToken token, ClientConfiguration current) =>
        token.ExpiresAt ?? token.IssuedAt + current.DefaultAccessTokenLifetime;

    private void Fail(AccessTokenKey selection, Failure failure) =>
        failures.Set(selection.Key, failure, failure.At + RefreshBackoff.Pause, failure.At);

    private void Share(ClientConfiguration current, ClientCredentialsRequest request, AccessToken token)
    {
        if (shared is not null)
            _ = shared.KeepAsync(DistributedClientTokenCache.Key(current, request), token, EndOf(token, current), CancellationToken.None);
    }

    // Only a good one, and in place of a refused one only a newer.
    private async Task<AccessToken?> SharedAsync(
        DistributedClientTokenCache others,
        ClientConfiguration current,
        ClientCredentialsRequest request,
        AccessToken? rejected
    ) =>
        await others.FindAsync(DistributedClientTokenCache.Key(current, request), CancellationToken.None).ConfigureAwait(false) is { } token
        && (rejected is null || (token.IssuedAt > rejected.IssuedAt && !token.Equals(rejected)))
        && AccessTokenExpiry.StateAt(token, renewable: true, current.DefaultAccessTokenLifetime, time.GetUtcNow()) == AccessTokenState.Fresh
            ? token
            : null;

    private sealed record Failure(ClientConfiguration Registration, ExceptionDispatchInfo Fault, DateTimeOffset At)
    {
        // A secret that was mended in the configuration is tried at once.
        public bool IsFor(ClientConfiguration current) => ReferenceEquals(Registration, current);
    }

    private sealed record Renewal(Kept Kept, bool IsFresh);

    private sealed record Kept(string ClientId, string Server, AccessToken Token)
    {
        /// <summary>When a renewal ahead of time, having failed, may be tried again.</summary>
        public DateTimeOffset? RetryAt { get; init; }

        // The configuration may have been reloaded since: another client's or server's token is not ours.
        public bool IsFor(ClientConfiguration current) =>
            string.Equals(ClientId, current.ClientId, StringComparison.Ordinal)
            && string.Equals(Server, current.ConfiguredMetadata.ServerId, StringComparison.Ordinal);
    }
}
