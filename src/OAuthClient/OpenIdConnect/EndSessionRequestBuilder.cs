namespace OAuthClient;

/// <summary>Builds the logout request (OpenID Connect RP-Initiated Logout §2) and its pending logout.</summary>
internal static class EndSessionRequestBuilder
{
    // Keycloak and other servers on Netty refuse a request line of more than 4,096 bytes, nginx, Apache and Kestrel one of 8 KiB.
    private const int MaximumAddressLength = 4000;

    /// <summary>Validates the additional parameters.</summary>
    /// <exception cref="ArgumentException">A parameter is reserved.</exception>
    public static void Validate(LogoutParameters parameters, ClientConfiguration configuration) =>
        ReservedParameters.Logout.Validate(parameters.Additional, configuration.Adaptation);

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
        Validate(parameters, configuration);
        var expiresAt = now + configuration.PendingAuthorizationLifetime;
        if (endpoint is null)
            return new() { ClientName = configuration.Name, ExpiresAt = expiresAt };
        bool expectsRedirect = configuration.PostLogoutRedirectUri is not null;
        string? state = expectsRedirect && !parameters.OmitState ? SecureRandomString.Create() : null;
        ReservedParameters.Logout.ValidateEndpoint(endpoint, parameters.Additional.Keys, configuration.Adaptation);
        List<KeyValuePair<string, string>> list = [];
        bool hasHint = idToken is not null && !configuration.Adaptation.OmitIdTokenHint;
        Add(ParameterNames.IdTokenHint, hasHint ? idToken!.Reveal() : null);
        Add(ParameterNames.LogoutHint, parameters.LogoutHint);
        Add(ParameterNames.ClientId, configuration.ClientId);
        Add(ParameterNames.PostLogoutRedirectUri, configuration.PostLogoutRedirectUri?.OriginalString);
        Add(ParameterNames.State, state);
        Add(ParameterNames.UiLocales, parameters.UiLocales);
        foreach (var (name, value) in parameters.Additional)
            Add(name, value);
        configuration.Adaptation.Rename(list);
        string address = CreateAddress(endpoint, list);
        if (hasHint && address.Length > MaximumAddressLength)
        {
            list.RemoveAt(0);
            address = CreateAddress(endpoint, list);
        }
        return new()
        {
            ClientName = configuration.Name,
            ExpiresAt = expiresAt,
            Address = address,
            ExpectsRedirect = expectsRedirect,
            State = state,
        };

        void Add(string name, string? value)
        {
            if (value is not null)
                list.Add(new(name, value));
        }
    }

    private static string CreateAddress(Uri endpoint, List<KeyValuePair<string, string>> parameters)
    {
        var query = new QueryStringBuilder(endpoint);
        foreach (var (name, value) in parameters)
            query.Add(name, value);
        return query.ToTextAndClear();
    }
}
