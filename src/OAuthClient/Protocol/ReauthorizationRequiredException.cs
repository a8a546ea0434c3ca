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
    /// Gets or sets the scopes that the next authorization must request, in addition to those of the client's options. The default is an
    /// empty list: no others are needed, or they are not known.
    /// </summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>
    /// Gets or sets the authorization details that the next authorization must request, in addition to those of the client's options (RFC
    /// 9396). The default is <see langword="null"/>: no others are needed, or they are not known.
    /// </summary>
    public AuthorizationDetails? AuthorizationDetails { get; init; }

    /// <summary>
    /// Gets or sets the authentication context classes that the server requires (<c>acr_values</c>, RFC 9470 §3). The default is an empty
    /// list: it states none.
    /// </summary>
    public IReadOnlyList<string> AcrValues { get; init; } = [];

    /// <summary>
    /// Gets or sets the maximum time since the user's last sign-in that the API requires (<c>max_age</c>, RFC 9470 §3). The default is
    /// <see langword="null"/>: it states none.
    /// </summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>
    /// Gets or sets the <c>claims</c> parameter that the server requires in the next authorization, a JSON object of at most 8 KiB (OpenID
    /// Connect Core §5.5). Pass it as <c>AuthorizationParameters.Claims</c>. The default is <see langword="null"/>: it states none.
    /// </summary>
    public string? Claims { get; init; }

    /// <summary>Gets a value indicating whether the only cause is that an API rejected a token that cannot be refreshed.</summary>
    internal bool IsForRejectedToken { get; init; }

    /// <summary>
    /// Gets a value indicating whether an API states the requirements in a challenge. They do not replace those of the application, because
    /// an API decides only on its own calls.
    /// </summary>
    internal bool IsFromApi { get; init; }
}
