namespace OAuthClient;

/// <summary>
/// Error codes that the library acts on (RFC 6749 §4.1.2.1, §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1, RFC 7591 §3.2.2, RFC 8628 §3.5, RFC 9396
/// §5, RFC 9449 §5, §8).
/// </summary>
internal static class ErrorCodes
{
    public const string AccessDenied = "access_denied";
    public const string AuthorizationPending = "authorization_pending";
    public const string ExpiredToken = "expired_token";
    public const string InvalidAuthorizationDetails = "invalid_authorization_details";
    public const string InvalidClient = "invalid_client";
    public const string InvalidClientMetadata = "invalid_client_metadata";
    public const string InvalidDPoPProof = "invalid_dpop_proof";
    public const string InvalidGrant = "invalid_grant";
    public const string InvalidRedirectUri = "invalid_redirect_uri";
    public const string InvalidScope = "invalid_scope";
    public const string InvalidSoftwareStatement = "invalid_software_statement";
    public const string InvalidToken = "invalid_token";
    public const string ServerError = "server_error";
    public const string SlowDown = "slow_down";
    public const string TemporarilyUnavailable = "temporarily_unavailable";
    public const string UnapprovedSoftwareStatement = "unapproved_software_statement";
    public const string UnauthorizedClient = "unauthorized_client";
    public const string UnsupportedGrantType = "unsupported_grant_type";
    public const string UnsupportedTokenType = "unsupported_token_type";

    public const string UseDPoPNonce = "use_dpop_nonce";

    /// <summary>
    /// Determines whether only the resource owner can help, for the scopes and resources of one request: the server must interact with the
    /// user (OpenID Connect Core §3.1.2.6, RFC 9470 §3). The refresh token stays valid for other requests.
    /// </summary>
    /// <param name="error">The error code.</param>
    /// <returns><see langword="true"/> if the user must interact with the server.</returns>
    public static bool RequiresInteraction(string? error) =>
        error
            is "interaction_required"
                or "login_required"
                or "consent_required"
                or "account_selection_required"
                or "unmet_authentication_requirements"
                or "insufficient_user_authentication";

    /// <summary>
    /// Determines whether a text is an error code of the specifications. Any other text of a server can contain a secret of the request.
    /// </summary>
    /// <param name="error">The text.</param>
    /// <returns><see langword="true"/> if it is a known error code.</returns>
    public static bool IsStandard(string error) =>
        error
            is AccessDenied
                or AuthorizationPending
                or ExpiredToken
                or SlowDown
                or "account_selection_required"
                or "consent_required"
                or "insufficient_scope"
                or "interaction_required"
                or "invalid_request"
                or "invalid_target"
                or "login_required"
                or InvalidAuthorizationDetails
                or InvalidClient
                or InvalidDPoPProof
                or InvalidGrant
                or InvalidScope
                or InvalidToken
                or ServerError
                or TemporarilyUnavailable
                or UnauthorizedClient
                or UnsupportedGrantType
                or UnsupportedTokenType
                or UseDPoPNonce;
}
