using System.Globalization;

namespace OAuthClient;

/// <summary>
/// Builds the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3) and the pending authorization that validates its response.
/// </summary>
internal static class AuthorizationRequestBuilder
{
    /// <summary>Creates a request and its pending authorization with a new state, nonce and code verifier.</summary>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="server">The metadata of the server.</param>
    /// <param name="parameters">The parameters in addition to the options.</param>
    /// <param name="key">The key that the tokens are to be bound to; <see langword="null"/> for bearer tokens.</param>
    /// <param name="now">The current time.</param>
    /// <param name="renewsSignIn">
    /// Whether only the user who signed in by the client may complete it. The scope <c>openid</c> is then added.
    /// </param>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="InvalidOperationException">The client has no redirect URI.</exception>
    /// <exception cref="OAuthException">
    /// A public client is to authorize without PKCE, neither PKCE nor a nonce would bind the code to the browser, the server does not
    /// support a type of the authorization details, or it does not support FAPI 2.0, which the client uses.
    /// </exception>
    /// <exception cref="OAuthProtocolException">
    /// The server does not support S256, or the query of its endpoint contains a parameter of the request.
    /// </exception>
    public static AuthorizationRequest Create(
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        AuthorizationParameters parameters,
        DPoPKey? key,
        DateTimeOffset now,
        bool renewsSignIn = false
    )
    {
        if (configuration.UsesFapi2)
            Fapi2ServerValidator.Validate(server);
        var endpoint = server.Get(ServerEndpoint.Authorization);
        string redirectUri = RedirectUriSelector.Select(configuration, parameters.RedirectUri);
        bool usesPkce = configuration.Adaptation.UsesPkce;
        if (!usesPkce && !configuration.IsConfidential)
        {
            throw new OAuthException(
                $"{configuration.DisplayName} does not authenticate, so it cannot authorize without PKCE (RFC 9700 §2.1.1); set a "
                    + "secret, a key or a certificate, or remove Adaptation.DangerouslyDisablePkce."
            );
        }
        if (usesPkce && server.CodeChallengeMethods is { } methods && !methods.Contains(CodeVerifier.ChallengeMethod))
        {
            throw new OAuthProtocolException(
                $"{server.ServerId} supports PKCE only with '{ServerTextSanitizer.Clean(string.Join(' ', methods))}' and not with S256; "
                    + "an authorization there could be intercepted (RFC 7636 §4.2, RFC 9700 §2.1.1)."
            );
        }

        IReadOnlyList<string> scopes = parameters.Scopes is { } chosen ? ScopeList.Checked(chosen) : configuration.Scopes;
        if (parameters.FurtherScopes is { Count: > 0 } further)
            scopes = ScopeList.Checked([.. scopes, .. further]);
        // Only an ID Token proves that the user who completes it is the one who signed in.
        bool addsOpenId = renewsSignIn && !scopes.Contains(ScopeList.OpenId);
        if (addsOpenId)
            scopes = [ScopeList.OpenId, .. scopes];
        IReadOnlyList<string> resources = parameters.Resources is { } targets
            ? ResourceIndicators.Checked(targets)
            : configuration.Resources;
        string[] random = SecureRandomString.Create(3);
        string? nonce = scopes.Contains(ScopeList.OpenId) ? random[2] : null;
        if (nonce is null && !configuration.Adaptation.MayLackIdToken(usesPkce))
        {
            throw new OAuthException(
                $"{configuration.DisplayName} uses no PKCE, and an authorization without the scope openid has no nonce, so nothing "
                    + "binds the code to the browser (RFC 9700 §4.5.3); add the scope openid, remove "
                    + "Adaptation.DangerouslyDisablePkce, or set Adaptation.DangerouslyAllowCodeInjection."
            );
        }
        IReadOnlyList<string> requiredAcrValues =
            parameters.RequiredAcrValues.Count == 0 ? [] : ValidateAcrValues(parameters.RequiredAcrValues, nonce is not null);
        ReservedParameters.Authorization.Validate(parameters.Additional, configuration.Adaptation);
        if (parameters.Claims is not null)
            ValidateClaims(parameters.Claims, parameters.Additional);

        var details = parameters.AuthorizationDetails ?? configuration.AuthorizationDetails;
        if (parameters.FurtherAuthorizationDetails is { } furtherDetails)
            details = details?.With(furtherDetails) ?? furtherDetails;
        server.EnsureSupports(details);

        // FAPI 2.0 Security Profile §5.3.2.2: each response has iss.
        bool requiresIssuer = server.SendsIssuerInResponse || configuration.UsesFapi2;
        var pending = new PendingAuthorization
        {
            ClientName = configuration.Name,
            Server = server.ServerId,
            Issuer = server.IssuerTemplate?.Text ?? server.Issuer,
            RequiresIssuer = requiresIssuer,
            RequiresRedirectPathMatch = !requiresIssuer && configuration.HasOtherServers,
            RedirectUri = redirectUri,
            State = random[0],
            Nonce = nonce,
            MaxAge = parameters.MaxAge is { } age ? TimeSpan.FromSeconds((long)age.TotalSeconds) : null,
            RequiredAcrValues = requiredAcrValues,
            CodeVerifier = usesPkce ? new(random[1]) : null,
            Scopes = scopes,
            Resources = resources,
            ExpiresAt = now + configuration.PendingAuthorizationLifetime,
            RenewsSignIn = renewsSignIn,
            Repeated = RepeatedParameters.Of(parameters, details),
            DPoPKey = key,
        };
        var list = Parameters(configuration, parameters, details, pending);
        ReservedParameters.Authorization.ValidateEndpoint(
            endpoint,
            parameters.Additional.Keys.Concat(configuration.AuthorizationParameters.Select(parameter => parameter.Key)),
            configuration.Adaptation
        );
        return new(endpoint, list, pending);
    }

    private static List<KeyValuePair<string, string>> Parameters(
        ClientConfiguration configuration,
        AuthorizationParameters parameters,
        AuthorizationDetails? details,
        PendingAuthorization pending
    )
    {
        // Parameters without % come first, because Uri parses an address fast up to the first one.
        var list = new List<KeyValuePair<string, string>>(8)
        {
            new(ParameterNames.ResponseType, ParameterNames.Code),
            new(ParameterNames.State, pending.State),
        };
        if (pending.CodeVerifier is { } verifier)
        {
            Add(ParameterNames.CodeChallengeMethod, CodeVerifier.ChallengeMethod);
            Add(ParameterNames.CodeChallenge, verifier.Challenge());
        }
        // Binds the code to the key (RFC 9449 §10).
        Add(ParameterNames.DPoPKeyThumbprint, pending.DPoPKey?.Thumbprint);
        Add(ParameterNames.Nonce, pending.Nonce);
        Add(ParameterNames.ClientId, configuration.ClientId);
        Add(ParameterNames.RedirectUri, pending.RedirectUri);
        Add(ParameterNames.Scope, pending.Scopes.Count == 0 ? null : configuration.Adaptation.JoinScopes(pending.Scopes));
        Add(ParameterNames.ResponseMode, configuration.ResponseMode);
        if (!configuration.Adaptation.OmitsResourceInAuthorizationRequests)
        {
            foreach (string resource in pending.Resources)
                Add(ParameterNames.Resource, resource);
        }
        Add(ParameterNames.AuthorizationDetails, details?.ToJson());
        Add(ParameterNames.Prompt, parameters.Prompt);
        Add(ParameterNames.LoginHint, parameters.LoginHint);
        if (parameters.MaxAge is { } age)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.Zero, nameof(parameters));
            Add(ParameterNames.MaxAge, ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        }
        Add(
            ParameterNames.AcrValues,
            parameters.AcrValues ?? (pending.RequiredAcrValues.Count == 0 ? null : string.Join(' ', pending.RequiredAcrValues))
        );
        Add(ParameterNames.UiLocales, parameters.UiLocales);
        Add(ParameterNames.Claims, parameters.Claims);
        foreach (var (name, value) in parameters.Additional)
            Add(name, value);
        AdditionalParameters.AddMissing(list, configuration.AuthorizationParameters);
        return list;

        void Add(string name, string? value)
        {
            if (value is not null)
                list.Add(new(name, value));
        }
    }

    private static void ValidateClaims(string claims, IReadOnlyDictionary<string, string> further)
    {
        if (RequiredAuthorization.FindClaimsFailure(claims) is { } failure)
            throw new ArgumentException(
                $"Claims {failure}; set a JSON object such as {{\"id_token\":{{\"acr\":{{\"essential\":true}}}}}} "
                    + "(OpenID Connect Core §5.5).",
                nameof(claims)
            );
        if (further.ContainsKey(ParameterNames.Claims))
            throw new ArgumentException("Claims and an additional parameter 'claims' are both set; set one of them.", nameof(further));
    }

    private static string[] ValidateAcrValues(IReadOnlyCollection<string> required, bool requestsIdToken)
    {
        if (!requestsIdToken)
            throw new ArgumentException(
                "RequiredAcrValues need the scope openid: only an ID Token states how the user was authenticated. Add it to Scopes.",
                nameof(required)
            );
        return
        [
            .. required.Select(value =>
                !string.IsNullOrEmpty(value) && !value.Any(char.IsWhiteSpace)
                    ? value
                    : throw new ArgumentException(
                        $"The acr value '{value}' is empty or holds a space; set each value as an item of its own.",
                        nameof(required)
                    )
            ),
        ];
    }
}
