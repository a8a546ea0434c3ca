namespace OAuthClient;

/// <summary>
/// An owner's grants, newest first and never none, with what is asked of the newest for nearly every request. A value, which a dictionary
/// keeps beside the key: among many owners each further object on the way to a token costs more than all the rest of the way.
/// </summary>
internal readonly struct OwnersGrants(Grant[] all)
{
    private readonly string clientId = all[0].ClientId;
    private readonly string server = all[0].Server;

    public Grant[] All { get; } = all;

    /// <summary>The newest grant's access token with everything that was granted.</summary>
    public AccessToken? Token { get; } = all[0].AccessToken;

    public bool CanRefresh { get; } = all[0].CanRefresh;

    /// <summary>Whether the newest grant, which is kept under the registration's name and the owner, is of this client and this server.</summary>
    public bool IsFor(ClientRegistration current) =>
        string.Equals(clientId, current.ClientId, StringComparison.Ordinal)
        && string.Equals(server, current.SpelledOut.Identity, StringComparison.Ordinal);
}
