using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>Builds the logout request (OpenID Connect RP-Initiated Logout §2) and its pending logout.</summary>
internal static class EndSessionRequestBuilder
{
    // Many servers and proxies limit an address to 8 KB, so a larger ID Token is omitted.
    private const int MaximumHintLength = 6 * 1024;

    private static readonly AdditionalParameters AdditionalNames = new(
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

    /// <summary>Validates the additional parameters.</summary>
    /// <exception cref="ArgumentException">A parameter is reserved.</exception>
    public static void Validate(LogoutParameters parameters) => AdditionalNames.Validate(parameters.Additional);

    /// <summary>Builds the request.</summary>
    /// <param name="configuration">The client.</param>
    /// <param name="endpoint">The end session endpoint, or <see langword="null"/> when the server has none.</param>
    /// <param name="parameters">The parameters of this request.</param>
    /// <param name="idToken">The ID Token of the session to end, which becomes <c>id_token_hint</c>.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The pending logout.</returns>
    /// <exception cref="ArgumentException">A parameter is reserved.</exception>
    /// <exception cref="OAuthProtocolException">The query of the endpoint contains a parameter of the request.</exception>
    public static PendingLogout Begin(
        ClientConfiguration configuration,
        Uri? endpoint,
        LogoutParameters parameters,
        IdToken? idToken,
        DateTimeOffset now
    )
    {
        Validate(parameters);
        var expiresAt = now + configuration.PendingAuthorizationLifetime;
        if (endpoint is null)
            return new() { ClientName = configuration.Name, ExpiresAt = expiresAt };
        bool expectsRedirect = configuration.PostLogoutRedirectUri is not null;
        string? state = expectsRedirect && !parameters.OmitState ? SecureRandomString.Create() : null;
        AdditionalNames.ValidateEndpoint(endpoint, parameters.Additional);
        var query = new QueryStringBuilder(endpoint);
        query.Add(ParameterNames.IdTokenHint, idToken?.Reveal() is { Length: <= MaximumHintLength } hint ? hint : null);
        query.Add(ParameterNames.LogoutHint, parameters.LogoutHint);
        query.Add(ParameterNames.ClientId, configuration.ClientId);
        query.Add(ParameterNames.PostLogoutRedirectUri, configuration.PostLogoutRedirectUri?.OriginalString);
        query.Add(ParameterNames.State, state);
        query.Add(ParameterNames.UiLocales, parameters.UiLocales);
        foreach (var (name, value) in parameters.Additional)
            query.Add(name, value);
        return new()
        {
            ClientName = configuration.Name,
            ExpiresAt = expiresAt,
            Address = query.ToTextAndClear(),
            ExpectsRedirect = expectsRedirect,
            State = state,
        };
    }
}
