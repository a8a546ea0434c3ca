using System.Collections.Frozen;
using System.Globalization;

namespace OAuthClient;

/// <summary>
/// Builds the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3) and the pending authorization that validates its response.
/// </summary>
internal static class AuthorizationRequestBuilder
{
    private const string ResponseTypeAndState = $"{ParameterNames.ResponseType}={ParameterNames.Code}&{ParameterNames.State}=";
    private const string MethodAndChallenge =
        $"{ParameterNames.CodeChallengeMethod}={CodeVerifier.ChallengeMethod}&{ParameterNames.CodeChallenge}=";

    // Case-insensitive, because some servers read names so: "State" would be a second "state" for them.
    private static readonly AdditionalParameters Additional = new(
        "authorization",
        nameof(AuthorizationParameters),
        FrozenSet.Create(
            StringComparer.OrdinalIgnoreCase,
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
            ParameterNames.Prompt,
            ParameterNames.LoginHint,
            ParameterNames.MaxAge,
            ParameterNames.AcrValues,
            ParameterNames.UiLocales,
            // These belong to other requests or responses. In the browser's address they would disclose a secret or permit an attack.
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
            "dpop_jkt"
        )
    );

    /// <summary>Creates a pending authorization with a new state, nonce and code verifier.</summary>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="server">The metadata of the server.</param>
    /// <param name="parameters">The parameters in addition to the options.</param>
    /// <param name="now">The current time.</param>
    /// <param name="hasOtherServers">Whether a callback may come from another server.</param>
    /// <param name="renewsSignIn">
    /// Whether only the user who signed in by the client may complete it. The scope <c>openid</c> is then added.
    /// </param>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="InvalidOperationException">The client has no redirect URI.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The server does not support S256, or the query of its endpoint contains a parameter of the request.
    /// </exception>
    public static PendingAuthorization Begin(
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        AuthorizationParameters parameters,
        DateTimeOffset now,
        bool hasOtherServers,
        bool renewsSignIn = false
    )
    {
        var endpoint = server.Get(ServerEndpoint.Authorization);
        var redirectUri =
            configuration.RedirectUri
            ?? throw new InvalidOperationException(
                $"Set RedirectUri for {configuration.DisplayName}: the server sends the browser there with the response."
            );
        if (server.CodeChallengeMethods is { } methods && !methods.Contains(CodeVerifier.ChallengeMethod, StringComparer.Ordinal))
        {
            throw new OAuthProtocolException(
                $"{server.ServerId} supports PKCE only with '{ServerTextSanitizer.Clean(string.Join(' ', methods))}' and not with S256; "
                    + "an authorization there could be intercepted (RFC 7636 §4.2, RFC 9700 §2.1.1)."
            );
        }

        IReadOnlyList<string> scopes = parameters.Scopes is { } chosen ? ScopeList.Checked(chosen) : configuration.Scopes;
        // Only an ID Token proves that the user who completes it is the one who signed in.
        bool addsOpenId = renewsSignIn && !ScopeList.Contains(scopes, ScopeList.OpenId);
        if (addsOpenId)
            scopes = [ScopeList.OpenId, .. scopes];
        IReadOnlyList<string> resources = parameters.Resources is { } targets
            ? ResourceIndicators.Checked(targets)
            : configuration.Resources;
        string[] random = SecureRandomString.Create(3);
        string state = random[0];
        var verifier = new CodeVerifier(random[1]);
        bool requestsIdToken = ReferenceEquals(scopes, configuration.Scopes)
            ? configuration.RequestsIdToken
            : ScopeList.Contains(scopes, ScopeList.OpenId);
        string? nonce = requestsIdToken ? random[2] : null;
        IReadOnlyList<string> requiredAcrValues =
            parameters.RequiredAcrValues.Count == 0 ? [] : ValidateAcrValues(parameters.RequiredAcrValues, nonce is not null);
        Span<char> challenge = stackalloc char[CodeVerifier.ChallengeLength];
        verifier.WriteChallenge(challenge);

        return new PendingAuthorization
        {
            Address = Write(configuration, endpoint, parameters, scopes, resources, state, challenge, nonce),
            ClientName = configuration.Name,
            Server = server.ServerId,
            Issuer = server.IssuerTemplate?.Text ?? server.Issuer,
            RequiresIssuer = server.SendsIssuerInResponse,
            RequiresRedirectPathMatch = !server.SendsIssuerInResponse && hasOtherServers,
            RedirectUri = redirectUri.OriginalString,
            State = state,
            Nonce = nonce,
            MaxAge = parameters.MaxAge is { } age ? TimeSpan.FromSeconds((long)age.TotalSeconds) : null,
            RequiredAcrValues = requiredAcrValues,
            CodeVerifier = verifier,
            Scopes = scopes,
            Resources = resources,
            ExpiresAt = now + configuration.PendingAuthorizationLifetime,
            RenewsSignIn = renewsSignIn,
        };
    }

    private static string Write(
        ClientConfiguration configuration,
        Uri endpoint,
        AuthorizationParameters parameters,
        IReadOnlyList<string> scopes,
        IReadOnlyList<string> resources,
        string state,
        ReadOnlySpan<char> challenge,
        string? nonce
    )
    {
        var query = Additional.Begin(endpoint, parameters.Additional, stackalloc char[512]);
        // Parameters without % come first, because Uri parses an address fast up to the first one.
        query.AddEncoded(ResponseTypeAndState, state);
        query.AddEncoded(MethodAndChallenge, challenge);
        query.AddEncoded(ParameterNames.Nonce + "=", nonce);
        query.Add(ParameterNames.ClientId, configuration.ClientId);
        query.AddEncoded(ParameterNames.RedirectUri + "=", configuration.EncodedRedirectUri);
        if (ReferenceEquals(scopes, configuration.Scopes))
            query.AddEncoded(ParameterNames.Scope + "=", configuration.EncodedScopes);
        else
            query.AddList(ParameterNames.Scope, scopes);
        query.Add(ParameterNames.ResponseMode, configuration.ResponseMode);
        for (int i = 0; i < resources.Count; i++)
            query.Add(ParameterNames.Resource, resources[i]);
        AddParameters(ref query, parameters);
        return query.ToTextAndClear();
    }

    private static void AddParameters(ref QueryStringBuilder query, AuthorizationParameters parameters)
    {
        query.Add(ParameterNames.Prompt, parameters.Prompt);
        query.Add(ParameterNames.LoginHint, parameters.LoginHint);
        if (parameters.MaxAge is { } age)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.Zero, nameof(parameters));
            query.Add(ParameterNames.MaxAge, ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        }
        query.Add(
            ParameterNames.AcrValues,
            parameters.AcrValues ?? (parameters.RequiredAcrValues.Count == 0 ? null : string.Join(' ', parameters.RequiredAcrValues))
        );
        query.Add(ParameterNames.UiLocales, parameters.UiLocales);
        Additional.Add(ref query, parameters.Additional);
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
