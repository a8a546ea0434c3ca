namespace OAuthClient;

/// <summary>Keeps secrets of this application on this machine, for example in the key ring of the operating system.</summary>
/// <remarks>
/// A store that encrypts its rows gets its key from here if no other key is configured. Members may be called concurrently by several
/// processes.
/// </remarks>
public interface ISecretStorage
{
    /// <summary>Gets a secret, and creates it at the first call.</summary>
    /// <param name="name">The name of the secret. It consists of letters, digits and dashes.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>
    /// 32 random bytes, the same at each call with the same name, in all processes of the application. If the secret was lost, the method
    /// creates another one.
    /// </returns>
    ValueTask<byte[]> GetOrCreateAsync(string name, CancellationToken cancellationToken);
}
