namespace OAuthClient;

/// <summary>The two types of clients (RFC 6749 §2.1).</summary>
internal static class ClientType
{
    /// <summary>
    /// Determines whether a client is confidential: its requests authenticate it. A public client only states its <c>client_id</c>.
    /// </summary>
    /// <param name="method">The configured or registered method; <see langword="null"/> if the client chooses one for its
    /// credentials.</param>
    /// <param name="hasCredentials">Whether the client has a secret, a certificate or a key for assertions.</param>
    public static bool IsConfidential(ClientAuthenticationMethod? method, bool hasCredentials) =>
        method is { } stated ? stated is not ClientAuthenticationMethod.None : hasCredentials;
}
