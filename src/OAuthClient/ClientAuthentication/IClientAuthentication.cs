namespace OAuthClient;

/// <summary>
/// Authenticates the client in a request to the authorization server, by one method and never in the address (RFC 6749 §2.3).
/// </summary>
internal interface IClientAuthentication
{
    /// <summary>
    /// Gets the end of the message about <c>invalid_client</c>, which says what to check; <see langword="null"/> for the general advice.
    /// </summary>
    string? InvalidClientAdvice => null;

    /// <summary>Adds the credentials to one attempt. It is called for each attempt, so that an assertion or a proof is fresh.</summary>
    /// <param name="request">The attempt.</param>
    /// <param name="server">The authorization server.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the credentials are added.</returns>
    ValueTask ApplyAsync(AuthenticatedRequest request, AuthorizationServerMetadata server, CancellationToken cancellationToken);
}
