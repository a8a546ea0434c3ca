namespace OAuthClient;

/// <summary>
/// An owner's grants, newest first and never none, with what is asked of the newest for nearly every request. A value, which a dictionary
/// keeps beside the key: among many owners each further object on the way to a token costs more than all the rest of the way.
/// </summary>
internal readonly struct OwnersGrants(Grant[] all)
{
    private readonly string clientId = all[0].ClientId;
    private readonly string server = all[0].Server;
    private readonly TokenLifetime lifetime = all[0].AccessToken is { } token ? new(token) : default;
    private readonly bool canRefresh = all[0].CanRefresh;

    public Grant[] All { get; } = all;

    /// <summary>The newest grant's access token with everything that was granted.</summary>
    public AccessToken? Token { get; } = all[0].AccessToken;

    /// <summary>How that token is presented.</summary>
    public string? Header { get; } = all[0].AccessToken?.AuthorizationHeader;

    /// <summary>Whether there is such a token, given to this client by this server, and good. The registration's name and the owner are the key it is kept under.</summary>
    public bool IsGood(ClientRegistration current, DateTimeOffset now) =>
        Token is not null
        && string.Equals(clientId, current.ClientId, StringComparison.Ordinal)
        && string.Equals(server, current.SpelledOut.Identity, StringComparison.Ordinal)
        && TokenLife.At(lifetime, canRefresh, current.AccessTokenLifetimeWhenUnstated, now) == TokenState.Good;
}
