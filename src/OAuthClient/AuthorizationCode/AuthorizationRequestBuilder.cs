using System.Collections.Frozen;
using System.Globalization;

namespace OAuthClient;

/// <summary>Builds the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3) and the pending authorization that waits for its answer.</summary>
internal static class AuthorizationRequestBuilder
{
    private const string ResponseTypeAndState = $"{ParameterNames.ResponseType}={ParameterNames.Code}&{ParameterNames.State}=";
    private const string MethodAndChallenge =
        $"{ParameterNames.CodeChallengeMethod}={CodeVerifier.ChallengeMethod}&{ParameterNames.CodeChallenge}=";

    // Without regard to case: some servers read names so, and to them "State" would stand beside our "state".
    private static readonly AdditionalParameters Further = new(
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
            // These belong to other requests or responses; in a browser's address they would be a leak or a trick.
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

    /// <param name="configuration">Who asks.</param>
    /// <param name="server">Who is asked.</param>
    /// <param name="parameters">What is asked beyond the registration.</param>
    /// <param name="now">The moment.</param>
    /// <param name="hasOtherServers">Whether a callback could be another server's.</param>
    /// <param name="usual">What the last request like most others was copied from, for the next.</param>
    /// <param name="renewsSignIn">
    /// Whether only the user who signed in by the registration may complete it. The scope <c>openid</c> is then added.
    /// </param>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="InvalidOperationException">The registration has no redirect URI.</exception>
    /// <exception cref="OAuthProtocolException">The server cannot do S256, or its endpoint's own query collides with the request.</exception>
    public static PendingAuthorization Begin(
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        AuthorizationParameters parameters,
        DateTimeOffset now,
        bool hasOtherServers,
        ref UsualAddress? usual,
        bool renewsSignIn = false
    )
    {
        var endpoint =
            server.AuthorizationEndpoint
            ?? throw new OAuthException(
                $"{server.ServerId} has no authorization endpoint in its metadata; spell out AuthorizationEndpoint, or use a grant type that needs no browser."
            );
        var redirectUri =
            configuration.RedirectUri
            ?? throw new InvalidOperationException(
                $"Set RedirectUri for {configuration.DisplayName}: it is where the server sends the browser back."
            );
        if (server.CodeChallengeMethods is { } methods && !methods.Contains(CodeVerifier.ChallengeMethod, StringComparer.Ordinal))
        {
            throw new OAuthProtocolException(
                $"{server.ServerId} offers PKCE only by '{ServerTextSanitizer.Clean(string.Join(' ', methods))}', not by S256; a login there could be hijacked (RFC 7636 §4.2, RFC 9700 §2.1.1)."
            );
        }

        IReadOnlyList<string> scopes = parameters.Scopes is { } chosen ? ScopeList.Checked(chosen) : configuration.Scopes;
        // Only an ID Token says that the user who completes it is the one who signed in.
        bool addsOpenId = renewsSignIn && !ScopeList.Contains(scopes, ScopeList.OpenId);
        if (addsOpenId)
            scopes = [ScopeList.OpenId, .. scopes];
        IReadOnlyList<string> resources = parameters.Resources is { } targets
            ? ResourceIndicators.Checked(targets)
            : configuration.Resources;
        var (state, verifierText, nonceText) = SecureRandomString.CreateThree();
        var verifier = new CodeVerifier(verifierText);
        bool asksForIdToken = ReferenceEquals(scopes, configuration.Scopes)
            ? configuration.RequestsIdToken
            : ScopeList.Contains(scopes, ScopeList.OpenId);
        string? nonce = asksForIdToken ? nonceText : null;
        IReadOnlyList<string> requiredAcrValues =
            parameters.RequiredAcrValues.Count == 0 ? [] : ValidateAcrValues(parameters.RequiredAcrValues, nonce is not null);
        Span<char> challenge = stackalloc char[CodeVerifier.ChallengeLength];
        verifier.WriteChallenge(challenge);

        return new PendingAuthorization
        {
            Address =
                ReferenceEquals(parameters, AuthorizationParameters.None) && !addsOpenId
                    ? Usual(configuration, server, endpoint, ref usual).With(state, challenge, nonce)
                    : Write(configuration, endpoint, parameters, scopes, resources, state, challenge, nonce, out _),
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

    private static UsualAddress Usual(
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        Uri endpoint,
        ref UsualAddress? usual
    )
    {
        if (Volatile.Read(ref usual) is { } known && known.IsOf(configuration, server))
            return known;
        string stand = new('-', SecureRandomString.Length);
        string sample = Write(
            configuration,
            endpoint,
            AuthorizationParameters.None,
            configuration.Scopes,
            configuration.Resources,
            stand,
            stand.AsSpan(0, CodeVerifier.ChallengeLength),
            configuration.RequestsIdToken ? stand : null,
            out var places
        );
        UsualAddress written = new(configuration, server, sample, places);
        // Of several who write it at once any may be the last: all have written the same.
        Volatile.Write(ref usual, written);
        return written;
    }

    private static string Write(
        ClientConfiguration configuration,
        Uri endpoint,
        AuthorizationParameters parameters,
        IReadOnlyList<string> scopes,
        IReadOnlyList<string> resources,
        string state,
        ReadOnlySpan<char> challenge,
        string? nonce,
        out UsualAddress.Places places
    )
    {
        var query = Further.Begin(endpoint, parameters.Additional, stackalloc char[512]);
        // What holds no % comes first: up to the first one, Uri reads an address fast.
        int ofState = query.AddEncoded(ResponseTypeAndState, state);
        int ofChallenge = query.AddEncoded(MethodAndChallenge, challenge);
        int ofNonce = query.AddEncoded(ParameterNames.Nonce + "=", nonce);
        places = new(ofState, ofChallenge, ofNonce);
        query.Add(ParameterNames.ClientId, configuration.ClientId);
        query.AddEncoded(ParameterNames.RedirectUri + "=", configuration.EncodedRedirectUri);
        if (ReferenceEquals(scopes, configuration.Scopes))
            query.AddEncoded(ParameterNames.Scope + "=", configuration.EncodedScopes);
        else
            query.AddList(ParameterNames.Scope, scopes);
        query.Add(ParameterNames.ResponseMode, configuration.ResponseMode);
        for (int i = 0; i < resources.Count; i++)
            query.Add(ParameterNames.Resource, resources[i]);
        AddFurther(ref query, parameters);
        return query.ToTextAndClear();
    }

    private static void AddFurther(ref QueryStringBuilder query, AuthorizationParameters parameters)
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
        Further.Add(ref query, parameters.Additional);
    }

    private static string[] ValidateAcrValues(IReadOnlyCollection<string> required, bool bringsIdToken)
    {
        if (!bringsIdToken)
            throw new ArgumentException(
                "RequiredAcrValues need the scope openid: only an ID Token says how the user was authenticated.",
                nameof(required)
            );
        return
        [
            .. required.Select(value =>
                !string.IsNullOrEmpty(value) && !value.Any(char.IsWhiteSpace)
                    ? value
                    : throw new ArgumentException(
                        $"The acr value '{value}' is empty or holds a space; write each value as an item of its own.",
                        nameof(required)
                    )
            ),
        ];
    }
}
