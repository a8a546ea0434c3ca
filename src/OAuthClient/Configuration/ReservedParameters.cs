using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>
/// The parameters that the library sets in each kind of request, so that no additional parameter may have their names. Names are compared
/// without regard to case, because some servers read them so: "State" would be a second "state" for them.
/// </summary>
internal static class ReservedParameters
{
    // These belong to other requests or responses. In the browser's address they would disclose a secret or permit an attack.
    private static readonly string[] NeverInFrontChannel =
    [
        ParameterNames.ClientSecret,
        ParameterNames.CodeVerifier,
        ParameterNames.Code,
        ParameterNames.AccessToken,
        ParameterNames.RefreshToken,
        ParameterNames.GrantType,
        ParameterNames.Issuer,
        "request",
        "request_uri",
        "client_assertion",
        "client_assertion_type",
        ParameterNames.DPoPKeyThumbprint,
    ];

    private static readonly string[] OfAuthorization =
    [
        .. NeverInFrontChannel,
        ParameterNames.ResponseType,
        ParameterNames.ClientId,
        ParameterNames.RedirectUri,
        ParameterNames.Scope,
        ParameterNames.State,
        ParameterNames.Nonce,
        ParameterNames.CodeChallenge,
        ParameterNames.CodeChallengeMethod,
        ParameterNames.Resource,
        ParameterNames.ResponseMode,
        ParameterNames.LoginHint,
        ParameterNames.MaxAge,
        ParameterNames.AuthorizationDetails,
        // The claims that limit a request object. With a chosen sub or aud, it could be used as a client assertion (RFC 9101 §10.8).
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
    ];

    private static readonly string[] OfTokenRequest =
    [
        ParameterNames.GrantType,
        ParameterNames.ClientId,
        ParameterNames.ClientSecret,
        ParameterNames.Code,
        ParameterNames.CodeVerifier,
        ParameterNames.RedirectUri,
        ParameterNames.RefreshToken,
        ParameterNames.Scope,
        ParameterNames.Resource,
        ParameterNames.AuthorizationDetails,
        "client_assertion",
        "client_assertion_type",
    ];

    /// <summary>Gets the names in one authorization request, whose other parameters are properties.</summary>
    public static readonly AdditionalParameters Authorization = new(
        "authorization",
        "the options or from a property of AuthorizationParameters",
        Set([.. OfAuthorization, ParameterNames.Prompt, ParameterNames.AcrValues, ParameterNames.UiLocales, ParameterNames.Claims])
    );

    /// <summary>
    /// Gets the names in all authorization requests of a registration. A property of one request replaces a
    /// registered <c>prompt</c>, <c>acr_values</c>, <c>ui_locales</c> or <c>claims</c>. <c>max_age</c> cannot be registered, because the ID
    /// Token is validated against it.
    /// </summary>
    public static readonly AdditionalParameters AllAuthorizations = new(
        "authorization",
        "the options or, such as max_age and login_hint, from a property of AuthorizationParameters of one authorization",
        Set(OfAuthorization)
    );

    /// <summary>Gets the names in token requests.</summary>
    public static readonly AdditionalParameters Token = new("token", "the options or from the request", Set(OfTokenRequest));

    /// <summary>Gets the names in device authorization requests (RFC 8628 §3.1), whose other parameters are properties.</summary>
    public static readonly AdditionalParameters DeviceAuthorization = new(
        "device authorization",
        "the options or from a property of DeviceAuthorizationParameters",
        Set([.. OfTokenRequest, ParameterNames.DeviceCode])
    );

    /// <summary>Gets the names in revocation requests (RFC 7009 §2.1).</summary>
    public static readonly AdditionalParameters Revocation = new(
        "revocation",
        "the options or from the token",
        Set([
            ParameterNames.Token,
            ParameterNames.TokenTypeHint,
            ParameterNames.ClientId,
            ParameterNames.ClientSecret,
            "client_assertion",
            "client_assertion_type",
        ])
    );

    /// <summary>Gets the names in logout requests (OpenID Connect RP-Initiated Logout §2).</summary>
    public static readonly AdditionalParameters Logout = new(
        "logout",
        "the options or from a property of LogoutParameters",
        Set([
            .. NeverInFrontChannel,
            ParameterNames.IdTokenHint,
            ParameterNames.LogoutHint,
            ParameterNames.ClientId,
            ParameterNames.PostLogoutRedirectUri,
            ParameterNames.State,
            ParameterNames.UiLocales,
            ParameterNames.IdToken,
        ])
    );

    /// <summary>Determines whether the library sets a parameter with this name in some request.</summary>
    public static bool IsReservedAnywhere(string name) =>
        Authorization.Sets(name) || Token.Sets(name) || DeviceAuthorization.Sets(name) || Revocation.Sets(name) || Logout.Sets(name);

    private static FrozenSet<string> Set(IEnumerable<string> names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
