namespace OAuthClient;

/// <summary>Finds the clients of the application by name.</summary>
internal interface IOAuthClientFactory
{
    /// <summary>Finds the services of a client, which are created at the first call.</summary>
    /// <param name="name">The client's name; empty for the client without a name.</param>
    /// <returns>The services; <see langword="null"/> if there is no client with this name.</returns>
    OAuthClientServices? Find(string name);
}
