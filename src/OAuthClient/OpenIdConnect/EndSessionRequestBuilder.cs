using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>Builds the logout request (OpenID Connect RP-Initiated Logout §2) and the pending logout that waits for the browser.</summary>
internal static class EndSessionRequestBuilder
{
    // Servers and proxies take 8 KB for an address; one with groups and photos in it would fail there.
    private const int LongestHint = 6 * 1024;

    private static readonly AdditionalParameters Further = new(
        "logout",
        nameof(LogoutParameters),
        FrozenSet.Create(
            StringComparer.OrdinalIgnoreCase,
            ParameterNames.IdTokenHint,
            ParameterNames.LogoutHint,
            ParameterNames.ClientId,
            ParameterNames.PostLogoutRedirectUri,
            ParameterNames.State,
            ParameterNames.UiLocales,
            ParameterNames.ClientSecret,
            ParameterNames.Code,
            ParameterNames.CodeVerifier,
            ParameterNames.AccessToken,
            ParameterNames.RefreshToken,
            ParameterNames.IdToken,
            ParameterNames.Issuer
        )
    );

    /// <exception cref="ArgumentException">A parameter is reserved.</exception>
    public static void Require(LogoutParameters parameters) => Further.Require(parameters.Additional);

    /// <param name="configuration">The client.</param>
    /// <param name="endpoint">The server's; <see langword="null"/> when it has none.</param>
    /// <param name="parameters">What is asked beyond the registration.</param>
    /// <param name="idToken">Whose session ends, and which.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="ArgumentException">A parameter is reserved.</exception>
    /// <exception cref="OAuthProtocolException">The endpoint's own query collides with the request.</exception>
    public static PendingLogout Begin(
        ClientConfiguration configuration,
        Uri? endpoint,
        LogoutParameters parameters,
        IdToken? idToken,
        DateTimeOffset now
    )
    {
        Require(parameters);
        var expiresAt = now + configuration.PendingAuthorizationLifetime;
        if (endpoint is null)
            return new() { ClientName = configuration.Name, ExpiresAt = expiresAt };
        bool comesBack = configuration.PostLogoutRedirectUri is not null;
        string? state = comesBack && !parameters.OmitState ? SecureRandomString.Create() : null;
        var query = Further.Begin(endpoint, parameters.Additional, stackalloc char[512]);
        query.Add(ParameterNames.IdTokenHint, idToken?.Reveal() is { Length: <= LongestHint } hint ? hint : null);
        query.Add(ParameterNames.LogoutHint, parameters.LogoutHint);
        query.Add(ParameterNames.ClientId, configuration.ClientId);
        query.Add(ParameterNames.PostLogoutRedirectUri, configuration.PostLogoutRedirectUri?.OriginalString);
        query.AddEncoded(ParameterNames.State + "=", state);
        query.Add(ParameterNames.UiLocales, parameters.UiLocales);
        Further.Add(ref query, parameters.Additional);
        return new()
        {
            ClientName = configuration.Name,
            ExpiresAt = expiresAt,
            Address = query.ToTextAndClear(),
            ExpectsRedirect = comesBack,
            State = state,
        };
    }
}
