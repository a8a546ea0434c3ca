namespace OAuthClient;

/// <summary>
/// The parameter names of requests and responses (RFC 6749, RFC 7636, RFC 8628, RFC 8707, RFC 9207, RFC 9396, OpenID Connect Core).
/// </summary>
internal static class ParameterNames
{
    public const string AccessToken = "access_token";
    public const string AcrValues = "acr_values";
    public const string AuthorizationDetails = "authorization_details";
    public const string Claims = "claims";
    public const string ClientId = "client_id";
    public const string ClientSecret = "client_secret";
    public const string Code = "code";
    public const string CodeChallenge = "code_challenge";
    public const string CodeChallengeMethod = "code_challenge_method";
    public const string CodeVerifier = "code_verifier";
    public const string DeviceCode = "device_code";
    public const string DPoPKeyThumbprint = "dpop_jkt";
    public const string Error = "error";
    public const string ErrorDescription = "error_description";
    public const string ErrorUri = "error_uri";
    public const string ExpiresIn = "expires_in";
    public const string GrantType = "grant_type";
    public const string IdToken = "id_token";
    public const string IdTokenHint = "id_token_hint";
    public const string Issuer = "iss";
    public const string LoginHint = "login_hint";
    public const string LogoutHint = "logout_hint";
    public const string MaxAge = "max_age";
    public const string Nonce = "nonce";
    public const string PostLogoutRedirectUri = "post_logout_redirect_uri";
    public const string Prompt = "prompt";
    public const string RedirectUri = "redirect_uri";
    public const string RefreshToken = "refresh_token";
    public const string Resource = "resource";
    public const string Response = "response";
    public const string ResponseMode = "response_mode";
    public const string ResponseType = "response_type";
    public const string Scope = "scope";
    public const string State = "state";
    public const string Token = "token";
    public const string TokenType = "token_type";
    public const string TokenTypeHint = "token_type_hint";
    public const string UiLocales = "ui_locales";
}
