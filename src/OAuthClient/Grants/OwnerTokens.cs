using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Keeps resource owners' access tokens alive: a good one is handed out at once, one that ends soon is renewed in the
/// background, one that ended is waited for. One refresh at a time per grant, whatever scope asked for it, because each
/// spends the grant's one refresh token.
/// </summary>
internal sealed class OwnerTokens(
    CurrentRegistration registration, GrantRefresh refresh, IGrantStore store, RefreshNotes notes, TimeProvider time, ILogger logger)
{
    private readonly SingleFlight<string, Renewal?> flights = new(StringComparer.Ordinal);

    /// <exception cref="ReauthorizationRequiredException">Only the resource owner can help.</exception>
    public async ValueTask<AccessToken> GetAsync(GrantOwner owner, TokenSelection selection, AccessToken? rejected, CancellationToken cancellationToken)
    {
        while (true)
        {
            var current = registration.Value;
            var grant = await FindAsync(current, owner, selection, rejected, cancellationToken).ConfigureAwait(false);
            var now = time.GetUtcNow();
            bool renewable = grant.CanRefresh && !notes.IsLost(grant);
            var known = Usable(grant, selection, rejected);
            var state = known is null ? TokenState.Over : TokenLife.At(known, renewable, current.AccessTokenLifetimeWhenUnstated, now);
            if (state == TokenState.Good || (state == TokenState.Early && !renewable))
                return known!;
            if (!renewable)
                throw Unrenewable(current, grant, isForRefusedToken: rejected is not null);
            if (state == TokenState.Early)
            {
                if (notes.MayRefreshEarly(grant, now) && !flights.IsUnderWay(grant.Id))
                    _ = Renew(grant, selection, rejected: null, early: true);
                return known!;
            }
            var renewal = await Renew(grant, selection, rejected, early: false).WaitAsync(cancellationToken).ConfigureAwait(false);
            // A flight for other scopes, even a failed one, or one whose grant was replaced brings nothing; the next look may.
            if (renewal is null || !string.Equals(renewal.SelectionKey, selection.Key, StringComparison.Ordinal))
                continue;
            renewal.Fault?.Throw();
            // Nor does one that found what this caller had refused; but a token fresh from the server is as good as any, even
            // when the server gave the same one again.
            if (renewal.Outcome!.IsFetched || !renewal.Outcome.Token.Equals(rejected))
                return renewal.Outcome.Token;
        }
    }

    /// <summary>
    /// The owner's newest grant of this registration at this server that covers the selection and can still give a token; when
    /// none can, the newest that covers it.
    /// </summary>
    /// <exception cref="ReauthorizationRequiredException">There is none.</exception>
    private async ValueTask<Grant> FindAsync(
        ClientRegistration current, GrantOwner owner, TokenSelection selection, AccessToken? rejected, CancellationToken cancellationToken)
    {
        var grants = await store.FindAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        bool any = false;
        Grant? over = null;
        foreach (var grant in grants)
        {
            if (!BelongsTo(grant, current, owner))
                continue;
            any = true;
            if (!selection.IsCoveredBy(grant))
                continue;
            if (CanServe(grant, current, selection, rejected))
                return grant;
            over ??= grant;
        }
        if (over is not null)
            return over;
        throw GrantRefresh.Reauthorize(current, any
            ? $"no grant covers the scopes {ScopeText.Join(selection.Scopes)}"
            : "there is no grant of this user");
    }

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
                out var flight);
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

    /// <summary>Not only the store's word: one that compares names without case would give Alice's grant to alice.</summary>
    public static bool BelongsTo(Grant grant, ClientRegistration current, GrantOwner owner) =>
        grant.Owner.Equals(owner)
        && string.Equals(grant.ClientName, current.Name, StringComparison.Ordinal)
        && string.Equals(grant.ClientId, current.ClientId, StringComparison.Ordinal)
        && string.Equals(grant.Server, current.SpelledOut.Identity, StringComparison.Ordinal);

    private static ReauthorizationRequiredException Unrenewable(ClientRegistration current, Grant grant, bool isForRefusedToken) =>
        grant.CanRefresh
            ? GrantRefresh.Reauthorize(current, "the server no longer honours the grant")
            : GrantRefresh.Reauthorize(current, "the access token is over and there is no refresh token", isForRefusedToken: isForRefusedToken);

    private bool CanServe(Grant grant, ClientRegistration current, TokenSelection selection, AccessToken? rejected) =>
        (grant.CanRefresh && !notes.IsLost(grant))
        || (Usable(grant, selection, rejected) is { } token
            && TokenLife.At(token, renewable: false, current.AccessTokenLifetimeWhenUnstated, time.GetUtcNow()) != TokenState.Over);

    private static AccessToken? Usable(Grant grant, TokenSelection selection, AccessToken? rejected) =>
        grant.Find(selection.Key) is { } token && (rejected is null || !token.Equals(rejected)) ? token : null;

    private Task<Renewal?> Renew(Grant grant, TokenSelection selection, AccessToken? rejected, bool early) =>
        flights.JoinOrStart(grant.Id, async () =>
        {
            try
            {
                return await refresh.RunAsync(grant, selection, rejected).ConfigureAwait(false) is { } outcome ? new Renewal(selection.Key, outcome, Fault: null) : null;
            }
            catch (Exception exception)
            {
                if (early)
                {
                    notes.EarlyFailed(grant, time.GetUtcNow());
                    Log.EarlyRefreshFailed(logger, grant.ClientName, exception.GetType().Name);
                }
                return new Renewal(selection.Key, Outcome: null, ExceptionDispatchInfo.Capture(exception));
            }
        });

    private sealed record Renewal(string SelectionKey, TokenOutcome? Outcome, ExceptionDispatchInfo? Fault);
}
