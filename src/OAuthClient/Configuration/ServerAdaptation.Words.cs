using System.Collections.Frozen;

namespace OAuthClient;

// The words of well-known servers where the specifications have another word or none. They apply to each server, because no conforming
// server uses them with another meaning.
internal sealed partial record ServerAdaptation
{
    // A refresh token that the server rejects, besides invalid_grant. At a token endpoint invalid_token can only mean the refresh token.
    private static readonly FrozenDictionary<string, string> TokenErrorCodes = new[]
    {
        "bad_refresh_token",
        "invalid_refresh_token",
        "expired_refresh_token",
        "refresh_token_expired",
        "refresh_token_invalid",
        "refresh_token_revoked",
        "invalid_token",
        "token_expired",
        "token_revoked",
        "grant_revoked",
        "grant_expired",
    }.ToFrozenDictionary(word => word, _ => OAuthClient.ErrorCodes.InvalidGrant, StringComparer.OrdinalIgnoreCase);

    // The user refused, such as LinkedIn's user_cancelled_login.
    private static readonly FrozenDictionary<string, string> AuthorizationErrorCodes = new[]
    {
        "user_cancelled_login",
        "user_cancelled_authorize",
        "user_cancelled",
        "user_canceled",
        "user_denied",
        "user_declined",
        "user_rejected",
        "consent_declined",
        "consent_denied",
        "authorization_declined",
        "authorization_denied",
        "login_cancelled",
        "login_canceled",
    }.ToFrozenDictionary(word => word, _ => OAuthClient.ErrorCodes.AccessDenied, StringComparer.Ordinal);

    // A device code that has expired (RFC 8628 §3.5).
    private static readonly FrozenDictionary<string, string> DeviceErrorCodes = new[]
    {
        "code_expired",
        "device_code_expired",
        "expired_device_code",
        "token_expired",
    }
        .Select(word => KeyValuePair.Create(word, OAuthClient.ErrorCodes.ExpiredToken))
        .Concat(AuthorizationErrorCodes)
        .ToFrozenDictionary();

    private static readonly FrozenSet<string> InteractionSuberrors = FrozenSet.Create(
        StringComparer.Ordinal,
        "basic_action",
        "additional_action",
        "consent_required",
        "interaction_required",
        "login_required"
    );

    /// <summary>Gets the members of a token response that state when the access token expires, besides <c>expires_in</c>.</summary>
    public static readonly IReadOnlyList<string> ExpiryMembers = ["expires_at"];

    /// <summary>Gets the members of a token response that state the scopes, besides <c>scope</c>.</summary>
    public static readonly IReadOnlyList<string> ScopeMembers = ["scopes"];

    /// <summary>
    /// Gets the members of a token response that state when the refresh token expires, in order of precedence. No specification names one.
    /// </summary>
    public static readonly IReadOnlyList<string> RefreshTokenExpiryMembers =
    [
        "refresh_token_expires_in",
        "refresh_expires_in",
        "x_refresh_token_expires_in",
        "refreshTokenExpiresIn",
        "refresh_token_lifetime",
        "refresh_token_expires_at",
        "refresh_expires_at",
        "refresh_token_expires",
        "refresh_token_expiration",
        "refreshTokenExpiresAt",
    ];

    /// <summary>
    /// Gets the members of a device authorization response that state where the user enters the code, in order of precedence. Google names
    /// the second one.
    /// </summary>
    public static readonly IReadOnlyList<string> VerificationUriMembers = ["verification_uri", "verification_url"];

    /// <summary>Gets the members that state the same address with the code, in order of precedence.</summary>
    public static readonly IReadOnlyList<string> CompleteVerificationUriMembers =
    [
        "verification_uri_complete",
        "verification_url_complete",
    ];

    /// <summary>Gets the members that state the name of an account, in order of precedence (OpenID Connect Core §5.1).</summary>
    public static readonly IReadOnlyList<string> AccountNameMembers =
    [
        "name",
        "display_name",
        "displayName",
        "preferred_username",
        "username",
        "login",
        "nickname",
        "given_name",
        "email",
    ];

    /// <summary>Gets the members that state the e-mail address of an account, in order of precedence.</summary>
    public static readonly IReadOnlyList<string> AccountEmailMembers = ["email", "mail"];

    /// <summary>Gets the members that state the address of an account's picture, in order of precedence.</summary>
    public static readonly IReadOnlyList<string> AccountPictureMembers = ["picture", "avatar_url"];

    /// <summary>Gets the standard error code for a word of a token endpoint (RFC 6749 §5.2).</summary>
    /// <param name="error">The word; <see langword="null"/> if the server states none.</param>
    /// <returns>The standard error code, or the word itself.</returns>
    public string? TokenErrorCode(string? error) => Standard(error, TokenErrorCodes);

    /// <summary>Gets the standard error code for the error of an authorization response (RFC 6749 §4.1.2.1).</summary>
    /// <param name="error">The word; <see langword="null"/> if the server states none.</param>
    /// <returns>The standard error code, or the word itself.</returns>
    public string? AuthorizationErrorCode(string? error) => Standard(error, AuthorizationErrorCodes);

    /// <summary>Gets the standard error code for a word of the token endpoint about a device code (RFC 8628 §3.5).</summary>
    /// <param name="error">The word; <see langword="null"/> if the server states none.</param>
    /// <returns>The standard error code, or the word itself.</returns>
    public string? DeviceErrorCode(string? error) => Standard(error, DeviceErrorCodes);

    /// <summary>
    /// Determines whether <c>invalid_grant</c> with a subordinate error code concerns the requested access token only, so that the refresh
    /// token stays valid.
    /// </summary>
    public static bool IsInteractionSuberror(string? suberror) => suberror is not null && InteractionSuberrors.Contains(suberror);

    /// <summary>
    /// Determines whether an additional parameter of an authorization request asks a well-known server for a refresh token.
    /// </summary>
    public static bool RequestsRefreshToken(string name, string value) =>
        (name, value) is ("access_type" or "token_access_type", "offline") or ("duration", "permanent");

    private string? Standard(string? error, FrozenDictionary<string, string> words) =>
        error is null ? null
        : ErrorCodes.TryGetValue(error, out string? standard) || words.TryGetValue(error, out standard) ? standard
        : error;
}
