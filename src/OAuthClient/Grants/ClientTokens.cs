using System.Collections.Concurrent;

namespace OAuthClient;

/// <summary>The client's own access tokens (RFC 6749 §4.4): a grant without refresh token, in memory, one request at a time per selection.</summary>
internal sealed class ClientTokens(
    CurrentRegistration registration, ServerDiscovery discovery, TokenEndpointClient tokenEndpoint, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Kept> tokens = new(StringComparer.Ordinal);
    private readonly SingleFlight<string, AccessToken> flights = new(StringComparer.Ordinal);

    public async ValueTask<AccessToken> GetAsync(TokenSelection selection, AccessToken? rejected, CancellationToken cancellationToken)
    {
        var current = registration.Value;
        while (true)
        {
            var known = Known(current, selection, rejected);
            var state = known is null ? TokenState.Over : TokenLife.At(known, renewable: true, current.AccessTokenLifetimeWhenUnstated, time.GetUtcNow());
            if (state == TokenState.Good)
                return known!;
            var flight = flights.JoinOrStart(selection.Key, () => RequestAsync(current, selection, rejected));
            if (state == TokenState.Early)
                return known!;
            var token = await flight.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (!token.Equals(rejected))
                return token;
        }
    }

    private AccessToken? Known(ClientRegistration current, TokenSelection selection, AccessToken? rejected) =>
        tokens.TryGetValue(selection.Key, out var kept) && kept.IsFor(current) && (rejected is null || !kept.Token.Equals(rejected)) ? kept.Token : null;

    private async Task<AccessToken> RequestAsync(ClientRegistration current, TokenSelection selection, AccessToken? rejected)
    {
        // A flight that landed a moment ago may have brought what this one is for.
        if (Known(current, selection, rejected) is { } known
            && TokenLife.At(known, renewable: true, current.AccessTokenLifetimeWhenUnstated, time.GetUtcNow()) == TokenState.Good)
        {
            return known;
        }
        var server = await discovery.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
        var request = new ClientCredentialsRequest(
            selection.Scopes.Count > 0 ? selection.Scopes : current.Scopes,
            selection.Resources.Count > 0 ? selection.Resources : current.Resources);
        var response = await tokenEndpoint.SendAsync(request, current, server, CancellationToken.None).ConfigureAwait(false);
        response.AccessToken.ReplacesRejected = rejected is not null;
        tokens[selection.Key] = new(current.ClientId, current.SpelledOut.Identity, response.AccessToken);
        return response.AccessToken;
    }

    private sealed record Kept(string ClientId, string Server, AccessToken Token)
    {
        // The configuration may have been reloaded since: another client's or server's token is not ours.
        public bool IsFor(ClientRegistration current) =>
            string.Equals(ClientId, current.ClientId, StringComparison.Ordinal)
            && string.Equals(Server, current.SpelledOut.Identity, StringComparison.Ordinal);
    }
}
