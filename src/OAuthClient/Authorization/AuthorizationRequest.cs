using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace OAuthClient;

/// <summary>Builds the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3) and the pending authorization that waits for its answer.</summary>
internal static class AuthorizationRequest
{
    // Without regard to case: some servers read names so, and to them "State" would stand beside our "state".
    private static readonly FrozenSet<string> Reserved = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        Parameters.ResponseType, Parameters.ClientId, Parameters.RedirectUri, Parameters.Scope, Parameters.State, Parameters.Nonce,
        Parameters.CodeChallenge, Parameters.CodeChallengeMethod, Parameters.Resource, Parameters.ResponseMode,
        Parameters.Prompt, Parameters.LoginHint, Parameters.MaxAge, Parameters.AcrValues, Parameters.UiLocales,
        // These belong to other requests or responses; in a browser's address they would be a leak or a trick.
        Parameters.ClientSecret, Parameters.CodeVerifier, Parameters.Code, Parameters.AccessToken, Parameters.RefreshToken,
        Parameters.GrantType, Parameters.Issuer, "request", "request_uri", "client_assertion", "client_assertion_type", "dpop_jkt");

    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="InvalidOperationException">The registration has no redirect URI.</exception>
    /// <exception cref="ProtocolViolationException">The server cannot do S256, or its endpoint's own query collides with the request.</exception>
    public static PendingAuthorization Begin(
        ClientRegistration registration, AuthorizationServerMetadata server, AuthorizationParameters parameters, DateTimeOffset now, bool hasOtherServers = false)
    {
        var endpoint = server.AuthorizationEndpoint ?? throw new OAuthException(
            $"{server.Identity} has no authorization endpoint in its metadata; spell out AuthorizationEndpoint, or use a grant type that needs no browser.");
        var redirectUri = registration.RedirectUri ?? throw new InvalidOperationException(
            $"Set RedirectUri for {registration.DisplayName}: it is where the server sends the browser back.");
        if (server.CodeChallengeMethods is { } methods && !methods.Contains(CodeVerifier.ChallengeMethod, StringComparer.Ordinal))
        {
            throw new ProtocolViolationException(
                $"{server.Identity} offers PKCE only by '{ServerText.Clean(string.Join(' ', methods))}', not by S256; a login there could be hijacked (RFC 7636 §4.2, RFC 9700 §2.1.1).");
        }

        IReadOnlyList<string> scopes = parameters.Scopes is { } chosen ? CheckedScopes(chosen) : registration.Scopes;
        IReadOnlyList<string> resources = parameters.Resources is { } targets ? CheckedResources(targets) : registration.Resources;
        var verifier = CodeVerifier.Create();
        string state = RandomText.Create();
        string? nonce = scopes.Contains(ScopeText.OpenId, StringComparer.Ordinal) ? RandomText.Create() : null;

        var query = new StringBuilder(512);
        Add(query, Parameters.ResponseType, Parameters.Code);
        Add(query, Parameters.ClientId, registration.ClientId);
        Add(query, Parameters.RedirectUri, redirectUri.OriginalString);
        if (scopes.Count > 0)
            Add(query, Parameters.Scope, ScopeText.Join(scopes));
        Add(query, Parameters.State, state);
        Add(query, Parameters.CodeChallenge, verifier.Challenge());
        Add(query, Parameters.CodeChallengeMethod, CodeVerifier.ChallengeMethod);
        Add(query, Parameters.Nonce, nonce);
        Add(query, Parameters.ResponseMode, registration.ResponseMode);
        foreach (string resource in resources)
            Add(query, Parameters.Resource, resource);
        AddFurther(query, parameters);

        return new PendingAuthorization
        {
            SentTo = WithQuery(endpoint, query, parameters.Additional.Keys),
            ClientName = registration.Name,
            Server = server.Identity,
            Issuer = server.Issuer,
            RequiresIssuer = server.SendsIssuerInResponse,
            RequiresPath = server.Issuer is null && hasOtherServers,
            RedirectUri = redirectUri.OriginalString,
            State = state,
            Nonce = nonce,
            MaxAge = parameters.MaxAge is { } age ? TimeSpan.FromSeconds((long)age.TotalSeconds) : null,
            CodeVerifier = verifier,
            Scopes = scopes,
            Resources = resources,
            ExpiresAt = now + registration.PendingAuthorizationLifetime,
        };
    }

    private static void AddFurther(StringBuilder query, AuthorizationParameters parameters)
    {
        Add(query, Parameters.Prompt, parameters.Prompt);
        Add(query, Parameters.LoginHint, parameters.LoginHint);
        if (parameters.MaxAge is { } age)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.Zero, nameof(parameters));
            Add(query, Parameters.MaxAge, ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        }
        Add(query, Parameters.AcrValues, parameters.AcrValues);
        Add(query, Parameters.UiLocales, parameters.UiLocales);
        foreach (var (name, value) in parameters.Additional)
        {
            if (string.IsNullOrWhiteSpace(name))
                throw new ArgumentException("An additional authorization parameter has no name.", nameof(parameters));
            if (Reserved.Contains(name))
            {
                throw new ArgumentException(
                    $"'{name}' cannot be an additional authorization parameter: the library sets it, from the options or from AuthorizationParameters' own properties.",
                    nameof(parameters));
            }
            Add(query, name, value);
        }
    }

    private static void Add(StringBuilder query, string name, string? value)
    {
        if (value is null)
            return;
        if (query.Length > 0)
            query.Append('&');
        query.Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
    }

    // RFC 6749 §3.1: the endpoint's own query is kept, and no parameter stands twice.
    private static Uri WithQuery(Uri endpoint, StringBuilder query, IEnumerable<string> further)
    {
        if (endpoint.Query.Length <= 1)
            return new Uri($"{endpoint.GetLeftPart(UriPartial.Path)}?{query}");
        var taken = new HashSet<string>(further, StringComparer.OrdinalIgnoreCase);
        foreach (string part in endpoint.Query[1..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string name = Uri.UnescapeDataString(part.Split('=', 2)[0].Replace('+', ' '));
            if (Reserved.Contains(name) || !taken.Add(name))
            {
                throw new ProtocolViolationException(
                    $"The authorization endpoint {ServerText.WithoutQuery(endpoint)} has '{ServerText.Clean(name)}' in its own query, where it must not stand or would stand twice (RFC 6749 §3.1).");
            }
        }
        return new Uri($"{endpoint.GetLeftPart(UriPartial.Query)}&{query}");
    }

    private static string[] CheckedScopes(IReadOnlyCollection<string> scopes)
    {
        foreach (string? scope in scopes)
        {
            if (scope is null || !ScopeText.IsToken(scope))
                throw new ArgumentException($"The scope '{scope}' holds a space or another character that no scope may have (RFC 6749 §3.3).", nameof(scopes));
        }
        return [.. scopes.Distinct(StringComparer.Ordinal)];
    }

    private static string[] CheckedResources(IReadOnlyCollection<Uri> resources)
    {
        foreach (var resource in resources)
        {
            if (resource is null || !resource.IsAbsoluteUri || resource.OriginalString.Contains('#', StringComparison.Ordinal))
                throw new ArgumentException($"The resource '{resource}' must be an absolute URI without a fragment (RFC 8707 §2).", nameof(resources));
        }
        return [.. resources.Select(resource => resource.OriginalString).Distinct(StringComparer.Ordinal)];
    }
}
