using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>The client's own access tokens (RFC 6749 §4.4): a grant without refresh token, in memory, one request at a time per selection.</summary>
internal sealed class ClientTokens(
    CurrentRegistration registration, ServerDiscovery discovery, TokenEndpointClient tokenEndpoint, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan EarlyRetryPause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Kept> tokens = new(StringComparer.Ordinal);
    private readonly SingleFlight<(string ClientId, string Server, string SelectionKey), TokenOutcome> flights = new();

    public async ValueTask<AccessToken> GetAsync(TokenSelection selection, AccessToken? rejected, CancellationToken cancellationToken)
    {
        var current = registration.Value;
        while (true)
        {
            var known = Known(current, selection, rejected);
            var state = known is null ? TokenState.Over : TokenLife.At(known, renewable: true, current.AccessTokenLifetimeWhenUnstated, time.GetUtcNow());
            if (state == TokenState.Good)
                return known!;
            if (state == TokenState.Early)
            {
                RequestEarly(current, selection);
                return known!;
            }
            var outcome = await Request(current, selection, rejected).WaitAsync(cancellationToken).ConfigureAwait(false);
            // What the server itself just answered is final, even if it is the same again.
            if (outcome.IsFetched || !outcome.Token.Equals(rejected))
                return outcome.Token;
        }
    }

    private AccessToken? Known(ClientRegistration current, TokenSelection selection, AccessToken? rejected) =>
        tokens.TryGetValue(selection.Key, out var kept) && kept.IsFor(current) && (rejected is null || !kept.Token.Equals(rejected)) ? kept.Token : null;

    private Task<TokenOutcome> Request(ClientRegistration current, TokenSelection selection, AccessToken? rejected) =>
        flights.JoinOrStart(
            (current.ClientId, current.SpelledOut.Identity, selection.Key), () => RequestAsync(current, selection, rejected));

    private void RequestEarly(ClientRegistration current, TokenSelection selection)
    {
        // The token in hand still lives, so after a failure there is time to wait.
        if (!tokens.TryGetValue(selection.Key, out var kept) || time.GetUtcNow() < kept.EarlyRetryAt)
            return;
        _ = EarlyAsync();

        async Task EarlyAsync()
        {
            try
            {
                await Request(current, selection, rejected: null).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                if (tokens.TryUpdate(selection.Key, kept with { EarlyRetryAt = time.GetUtcNow() + EarlyRetryPause }, kept))
                    Log.EarlyRefreshFailed(logger, current.Name, exception.GetType().Name);
            }
        }
    }

    private async Task<TokenOutcome> RequestAsync(ClientRegistration current, TokenSelection selection, AccessToken? rejected)
    {
        // A flight that landed a moment ago may have brought what this one is for.
        if (Known(current, selection, rejected) is { } known
            && TokenLife.At(known, renewable: true, current.AccessTokenLifetimeWhenUnstated, time.GetUtcNow()) == TokenState.Good)
        {
            return new(known, IsFetched: false);
        }
        var server = await discovery.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
        var request = new ClientCredentialsRequest(
            selection.Scopes.Count > 0 ? selection.Scopes : current.Scopes,
            selection.Resources.Count > 0 ? selection.Resources : current.Resources);
        var response = await tokenEndpoint.SendAsync(request, current, server, CancellationToken.None).ConfigureAwait(false);
        response.AccessToken.ReplacesRejected = rejected is not null;
        tokens[selection.Key] = new(current.ClientId, current.SpelledOut.Identity, response.AccessToken);
        return new(response.AccessToken, IsFetched: true);
    }

    private sealed record Kept(string ClientId, string Server, AccessToken Token)
    {
        public DateTimeOffset EarlyRetryAt { get; init; }

        // The configuration may have been reloaded since: another client's or server's token is not ours.
        public bool IsFor(ClientRegistration current) =>
            string.Equals(ClientId, current.ClientId, StringComparison.Ordinal)
            && string.Equals(Server, current.SpelledOut.Identity, StringComparison.Ordinal);
    }
}
