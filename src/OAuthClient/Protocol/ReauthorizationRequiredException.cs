namespace OAuthClient;

/// <summary>
/// The exception that is thrown when the resource owner must authorize again: there is no grant, or the server rejected its refresh token
/// (<c>invalid_grant</c>, RFC 6749 §5.2). An application catches it and begins an authorization.
/// </summary>
public sealed class ReauthorizationRequiredException : OAuthException
{
    /// <summary>Initializes a new instance for one client.</summary>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; empty for the unnamed client.</param>
    /// <param name="message">The message, which says why the resource owner must authorize.</param>
    /// <param name="innerException">The error response of the server; <see langword="null"/> if there is none.</param>
    public ReauthorizationRequiredException(string clientName, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentNullException.ThrowIfNull(clientName);
        ClientName = clientName;
    }

    /// <summary>Gets the client's name in <c>AddOAuthClient</c>; empty for the unnamed client.</summary>
    public string ClientName { get; }

    /// <summary>
    /// Gets or sets the scopes that the next authorization must request; empty if the server states none.
    /// </summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>
    /// Gets or sets the authentication context classes that the server requires (<c>acr_values</c>, RFC 9470 §3); empty if it states none.
    /// </summary>
    public IReadOnlyList<string> AcrValues { get; init; } = [];

    /// <summary>
    /// Gets or sets the <c>claims</c> parameter that the server wants in the next authorization, a JSON object (OpenID Connect Core §5.5);
    /// <see langword="null"/> if it states none.
    /// </summary>
    public string? Claims { get; init; }

    /// <summary>Gets a value indicating whether the only cause is that an API rejected a token that cannot be refreshed.</summary>
    internal bool IsForRejectedToken { get; init; }
}
