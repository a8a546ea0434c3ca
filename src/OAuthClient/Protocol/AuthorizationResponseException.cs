namespace OAuthClient;

/// <summary>The authorization server answered the authorization request with an error (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).</summary>
public sealed class AuthorizationResponseException : OAuthException
{
    internal AuthorizationResponseException(string error, string? errorDescription, string? errorUri)
        : base(Sentence(error, errorDescription))
    {
        Error = error;
        ErrorDescription = errorDescription;
        ErrorUri = errorUri;
    }

    /// <summary>The error code, for example <c>access_denied</c>, <c>invalid_scope</c> or <c>login_required</c>.</summary>
    public string Error { get; }

    /// <summary>The server's own words, made printable and cut at 256 characters. Untrusted: encode it before you show it.</summary>
    public string? ErrorDescription { get; }

    /// <summary>Where the server says more about the error. Untrusted.</summary>
    public string? ErrorUri { get; }

    /// <summary>Whether the resource owner, or the server, said no: <c>access_denied</c>. Not a fault: offer to try again.</summary>
    public bool IsAccessDenied => string.Equals(Error, "access_denied", StringComparison.Ordinal);

    private static string Sentence(string error, string? description) =>
        $"The authorization server refused the authorization request: {error}{(description is null ? "" : $" (\"{description}\")")}{Advice(error)}";

    private static string Advice(string error) =>
        error switch
        {
            ErrorCodes.InvalidScope => ": check Scopes against what the server lets this client ask for.",
            ErrorCodes.UnauthorizedClient =>
                ": the server does not allow this client the authorization code grant; allow it in the client's registration there.",
            "login_required" or "consent_required" or "interaction_required" or "account_selection_required" =>
                ": with Prompt = \"none\" the server may not ask the user; begin again without it.",
            _ => ".",
        };
}
