namespace OAuthClient.Testing;

/// <summary>An error response of the protocol (RFC 6749 §4.1.2.1, §5.2).</summary>
internal sealed class OAuthErrorException(string error, string description, int status = 400) : Exception(description)
{
    public string Error { get; } = error;

    /// <summary>The message, limited to the characters that <c>error_description</c> allows. The message can quote the request.</summary>
    public string Description { get; } =
        string.Concat(description.Select(character => character is >= ' ' and <= '~' and not ('"' or '\\') ? character : '?'));

    public int Status { get; } = status;

    /// <summary>The claims that the next authorization request must contain, as JSON; null if the error is about something else.</summary>
    public string? Claims { get; init; }

    public static OAuthErrorException InvalidRequest(string description) => new("invalid_request", description);

    public static OAuthErrorException InvalidGrant(string description) => new("invalid_grant", description);

    public static OAuthErrorException InvalidScope(string description) => new("invalid_scope", description);

    /// <summary>The error for invalid client metadata (RFC 7591 §3.2.2).</summary>
    public static OAuthErrorException InvalidClientMetadata(string description) => new("invalid_client_metadata", description);

    /// <summary>The error for an invalid resource (RFC 8707 §2).</summary>
    public static OAuthErrorException InvalidTarget(string description) => new("invalid_target", description);

    public static OAuthErrorException InvalidClient(string description) => new("invalid_client", description, 401);

    public static OAuthErrorException UnauthorizedClient(string description) => new("unauthorized_client", description);
}
