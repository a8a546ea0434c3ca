namespace OAuthClient;

/// <summary>
/// The exception that is thrown when the authorization server responds to the authorization request with an error (RFC 6749 §4.1.2.1,
/// OpenID Connect Core §3.1.2.6), or the user denied a device authorization (RFC 8628 §3.5).
/// </summary>
public sealed class AuthorizationResponseException : OAuthException
{
    /// <param name="error">The server's word.</param>
    /// <param name="errorDescription">The server's description.</param>
    /// <param name="errorUri">The address of a page about the error.</param>
    /// <param name="standardError">The standard error code for the server's word; <see langword="null"/> if they are the same.</param>
    internal AuthorizationResponseException(string error, string? errorDescription, string? errorUri, string? standardError = null)
        : base(CreateMessage(error, errorDescription, standardError ?? error))
    {
        StandardError = standardError ?? error;
        Error = error;
        ErrorDescription = errorDescription;
        ErrorUri = errorUri;
    }

    /// <summary>Initializes a new instance for a device authorization that was denied (RFC 8628 §3.5).</summary>
    /// <param name="refusal">The response of the token endpoint.</param>
    internal AuthorizationResponseException(TokenEndpointException refusal)
        : base(
            $"The user refused the device authorization: {refusal.ServerWord ?? refusal.Error}{Quoted(refusal.ErrorDescription)}. Begin a "
                + "new one if the user wants to try again.",
            refusal
        )
    {
        StandardError = refusal.Error!;
        Error = refusal.ServerWord ?? refusal.Error!;
        ErrorDescription = refusal.ErrorDescription;
        ErrorUri = refusal.ErrorUri;
    }

    /// <summary>
    /// Gets the error code as the server wrote it, for example <c>access_denied</c>, <c>invalid_scope</c> or <c>login_required</c>.
    /// </summary>
    public string Error { get; }

    /// <summary>
    /// Gets the server's description of the error in printable characters, at most 256. The text is untrusted: encode it before display.
    /// </summary>
    public string? ErrorDescription { get; }

    /// <summary>Gets the address of a page about the error. The text is untrusted.</summary>
    public string? ErrorUri { get; }

    /// <summary>
    /// Gets a value indicating whether the resource owner or the server denied the request: <c>access_denied</c>, a word of a well-known
    /// server such as <c>user_cancelled_login</c>, or one of <c>Adaptation.ErrorCodes</c>. This is not a fault: the
    /// application can let the user try again.
    /// </summary>
    public bool IsAccessDenied => StandardError == ErrorCodes.AccessDenied;

    /// <summary>Gets the standard error code for <see cref="Error"/>; the same text if there is none.</summary>
    internal string StandardError { get; }

    private static string CreateMessage(string error, string? description, string standardError) =>
        "The authorization server refused the authorization request: " + error + Quoted(description) + Advice(standardError);

    private static string Quoted(string? description) => description is null ? "" : $" (\"{description}\")";

    private static string Advice(string error) =>
        error switch
        {
            ErrorCodes.InvalidScope => ": check Scopes against the scopes that the server allows for this client.",
            ErrorCodes.InvalidAuthorizationDetails =>
                ": the server does not accept the AuthorizationDetails (RFC 9396 §5); check each type and its members against the server's "
                    + "documentation, and whether the client's registration at the server allows them.",
            ErrorCodes.UnauthorizedClient =>
                ": the server does not allow this client to use the authorization code grant; allow it in the client's registration at "
                    + "the server.",
            "login_required" or "consent_required" or "interaction_required" or "account_selection_required" =>
                ": with Prompt = \"none\" the server must not interact with the user; begin an authorization without it.",
            _ => ".",
        };
}
