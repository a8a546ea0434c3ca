using System.Collections.ObjectModel;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Reads responses of the token endpoint (RFC 6749 §5.1, §5.2). An error response becomes an exception. A response that deviates in form is
/// used as far as it can be read.
/// </summary>
internal static class TokenResponseReader
{
    private const int MaximumScopeLength = 16 * 1024;

    /// <summary>Reads a response. Its access token may be unusable (<see cref="TokenResponse.Fault"/>).</summary>
    /// <param name="response">The response.</param>
    /// <param name="request">The request that it answers.</param>
    /// <param name="key">The key that the access token must be bound to; <see langword="null"/> for a bearer token.</param>
    /// <param name="adaptation">How the server deviates from the specifications.</param>
    /// <param name="deviations">How the form of the response deviates.</param>
    /// <returns>The tokens.</returns>
    /// <exception cref="TokenEndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthProtocolException">The response states neither tokens nor an error code.</exception>
    public static TokenResponse Read(
        BackChannelResponse response,
        TokenRequest request,
        DPoPKey? key,
        ServerAdaptation adaptation,
        out TokenResponseDeviations deviations
    )
    {
        deviations = TokenResponseDeviations.None;
        using var document = Parse(response, ref deviations);
        // Some servers respond with status 200 and an error, a page or nothing in the body.
        if (document?.RootElement is not { } json || TokenMembers.Read(json) is not { } top)
            throw Refusal(response, json: null, request, adaptation);
        if (!response.IsSuccess)
            throw Refusal(response, top.IsAnyUnreadable || top.Doubtful == ParameterNames.Error ? null : json, request, adaptation);
        if (top.Doubtful == ParameterNames.Error)
            throw Repeated(ParameterNames.Error);
        if (top.HasError)
            throw Refusal(response, top.IsAnyUnreadable ? null : json, request, adaptation);
        var found = adaptation.FindTokens(json);
        var members = adaptation.TokenPath.Count == 0 || found is not { } tokens ? top : TokenMembers.Read(tokens);
        if (members.AccessToken.IsAbsent() && members.RefreshToken.IsAbsent() && !top.IsAnyUnreadable)
            ThrowIfError(response, json, request, adaptation);
        if (found is null && !request.AcceptsTokensAtTop)
            throw NoAccessToken(adaptation);
        return Read(members, AdditionalMembers(members, top, adaptation), response, request, key, adaptation, ref deviations);
    }

    private static JsonDocument? Parse(BackChannelResponse response, ref TokenResponseDeviations deviations)
    {
        if (StrictJson.TryParseTolerantly(response.Body) is { } json)
            return json;
        if (FormResponse.TryConvertToJson(response.Body.Span) is not { } converted)
            return null;
        deviations |= TokenResponseDeviations.FormEncoded;
        return StrictJson.TryParseTolerantly(converted);
    }

    private static TokenResponse Read(
        TokenMembers members,
        IReadOnlyDictionary<string, JsonElement> additional,
        BackChannelResponse response,
        TokenRequest request,
        DPoPKey? key,
        ServerAdaptation adaptation,
        ref TokenResponseDeviations deviations
    )
    {
        if (members.IsAnyRepeated)
            deviations |= TokenResponseDeviations.MemberRepeated;
        if (members.IsAnyUnreadable)
            deviations |= TokenResponseDeviations.MemberUnreadable;
        if (AdditionalMembersLength(additional) > AdditionalMemberLimit.MaximumLength)
            deviations |= TokenResponseDeviations.MembersTooLong;
        var refreshToken =
            members.Doubtful == ParameterNames.RefreshToken
                ? null
                : Text(members.RefreshToken, TokenResponseDeviations.RefreshTokenUnreadable, ref deviations);
        List<IdToken> idTokens = [];
        foreach (var member in members.IdTokens)
        {
            if (Text(member, TokenResponseDeviations.IdTokenUnreadable, ref deviations) is { } idToken)
                idTokens.Add(new(idToken));
        }
        var issuedAt = response.RequestedAt;
        AccessToken? accessToken = null;
        OAuthProtocolException? fault = null;
        try
        {
            if (members.Doubtful is { } doubtful)
                throw Repeated(doubtful);
            string value = StrictJson.TextOf(members.AccessToken, ParameterNames.AccessToken) ?? throw NoAccessToken(adaptation);
            EnsureType(members.TokenType, value, key, response, adaptation, ref deviations);
            accessToken = new(
                value,
                issuedAt,
                ExpiresAt(members, issuedAt, ref deviations),
                Scopes(members, request, adaptation, ref deviations),
                request.Resources
            )
            {
                Key = key,
                AuthorizationDetails = Details(members.AuthorizationDetails, request, ref deviations),
            };
        }
        catch (OAuthProtocolException exception)
        {
            fault = exception;
        }
        return new TokenResponse(
            accessToken,
            fault,
            refreshToken is null ? null : new RefreshToken(refreshToken),
            members.Doubtful == ParameterNames.IdToken || idTokens.Count == 0 ? null : idTokens[0],
            additional
        )
        {
            ReceivedIdTokens = idTokens,
            ProofKey = key,
            RefreshTokenExpiresAt = RefreshTokenLifetime.Find(additional, issuedAt),
        };
    }

    // A successful response without tokens, in which the server states an error under another name.
    private static void ThrowIfError(BackChannelResponse response, JsonElement json, TokenRequest request, ServerAdaptation adaptation)
    {
        var failure = response.Failure(json);
        if (failure.Error is not null)
            throw Refusal(response, json, request, adaptation);
        if (failure.ErrorDescription is { } reason)
            throw new OAuthProtocolException($"The token response has no access_token (RFC 6749 §5.1), but the text \"{reason}\".");
    }

    private static TokenEndpointException Refusal(
        BackChannelResponse response,
        JsonElement? json,
        TokenRequest request,
        ServerAdaptation adaptation
    )
    {
        var failure = response.Failure(json);
        string? standard = request.StandardError(failure.Error, adaptation);
        return new(standard == failure.Error ? failure : failure with { Error = standard, ServerWord = failure.Error });
    }

    private static OAuthProtocolException NoAccessToken(ServerAdaptation adaptation) =>
        new(
            adaptation.TokenPath.Count == 0
                ? "The token response has no access_token (RFC 6749 §5.1)."
                : $"The token response has no access_token at Adaptation.TokenPath ('{string.Join('.', adaptation.TokenPath)}'). Tokens at "
                    + "other places were not used, because they can belong to another account. Request the scopes for which the server "
                    + "issues this token, or correct Adaptation.TokenPath."
        );

    private static OAuthProtocolException Repeated(string name) =>
        new(
            $"The token response contains '{name}' twice, so it is not known which one the server means; it was rejected (RFC 8259 §4). "
                + "Correct the server."
        );

    private static string? Text(JsonElement member, TokenResponseDeviations unreadable, ref TokenResponseDeviations deviations)
    {
        string? text = StrictJson.TextIfAnyOf(member);
        if (text is null && !member.IsAbsent())
            deviations |= unreadable;
        return string.IsNullOrEmpty(text) ? null : text;
    }

    // An unsupported type is reported before errors in the other members.
    private static void EnsureType(
        JsonElement member,
        string accessToken,
        DPoPKey? key,
        BackChannelResponse response,
        ServerAdaptation adaptation,
        ref TokenResponseDeviations deviations
    )
    {
        if (member.ValueKind == JsonValueKind.Array && member.GetArrayLength() == 1)
        {
            deviations |= TokenResponseDeviations.TokenTypeForm;
            member = member[0];
        }
        string? type = StrictJson.TextOf(member, ParameterNames.TokenType)?.Trim();
        if (key is not null)
        {
            // RFC 9449 §5: another type means that the server did not bind the token.
            if (!TokenScheme.DPoP.IsNamed(type))
                throw new OAuthProtocolException(
                    $"The token response's token_type is '{response.Clean(type, accessToken) ?? "missing"}', although "
                        + "a token that is bound to a key was requested (DPoP, RFC 9449 §5), so the access token was not used. If the "
                        + "server does not support DPoP, remove DPoP.Enabled; if it does, check that the client is registered for it."
                );
            return;
        }
        if (type is null)
        {
            deviations |= TokenResponseDeviations.TokenTypeMissing;
            return;
        }
        if (!adaptation.IsBearer(type))
        {
            throw new OAuthProtocolException(
                $"The token response's token_type is '{response.Clean(type, accessToken)}'; a "
                    + $"{TokenScheme.Bearer.Name} token was expected, and a token of another type must not be used (RFC 6749 §7.1). If the "
                    + "server names bearer tokens so, add the word to Adaptation.BearerTokenTypes. If it binds tokens to keys, set "
                    + "DPoP.Enabled."
            );
        }
    }

    private static DateTimeOffset? ExpiresAt(TokenMembers members, DateTimeOffset issuedAt, ref TokenResponseDeviations deviations)
    {
        var stated = members.ExpiresIn;
        if (stated.IsAbsent() || StrictJson.TextIfAnyOf(stated)?.Trim() is "")
            stated = members.First(ServerAdaptation.ExpiryMembers);
        if (stated.IsAbsent())
            return null;
        var expiresAt = TokenLifetime.TryRead(stated, issuedAt);
        if (expiresAt is null)
            deviations |= TokenResponseDeviations.LifetimeUnreadable;
        return expiresAt;
    }

    private static IReadOnlyList<string> Scopes(
        TokenMembers members,
        TokenRequest request,
        ServerAdaptation adaptation,
        ref TokenResponseDeviations deviations
    )
    {
        var member = members.Scope;
        if (member.IsAbsent())
            member = members.First(ServerAdaptation.ScopeMembers);
        if (member.IsAbsent())
            return request.DefaultScopes;
        string? scope = StrictJson.TextIfAnyOf(member);
        if (member.ValueKind == JsonValueKind.Array)
        {
            deviations |= TokenResponseDeviations.ScopeForm;
            scope = string.Join(adaptation.ScopeSeparator, member.EnumerateArray().Select(StrictJson.TextIfAnyOf).OfType<string>());
        }
        // Limited, because scopes are compared with each other throughout the lifetime of the grant.
        if (scope is null or { Length: > MaximumScopeLength })
        {
            deviations |= TokenResponseDeviations.ScopeUnreadable;
            return request.DefaultScopes;
        }
        return ScopeList.IsJoined(scope, request.DefaultScopes)
            ? request.DefaultScopes
            : adaptation.SplitScopes(scope, request.DefaultScopes);
    }

    // A value that cannot be read counts as absent. In a form it is a text.
    private static AuthorizationDetails? Details(JsonElement member, TokenRequest request, ref TokenResponseDeviations deviations)
    {
        if (member.IsAbsent())
            return request.DefaultAuthorizationDetails;
        if (AuthorizationDetails.TryRead(member) is { } details)
            return details;
        deviations |= TokenResponseDeviations.AuthorizationDetailsUnreadable;
        return request.DefaultAuthorizationDetails;
    }

    // The members beside the tokens, and those of the object that contains the tokens. They are copied, because the application may keep
    // them.
    private static IReadOnlyDictionary<string, JsonElement> AdditionalMembers(
        TokenMembers members,
        TokenMembers top,
        ServerAdaptation adaptation
    )
    {
        IEnumerable<KeyValuePair<string, JsonElement>> all = ReferenceEquals(members, top)
            ? members.Others
            : top
                .Others.Where(member => member.Key != adaptation.TokenPath[0] && !members.Others.ContainsKey(member.Key))
                .Concat(members.Others);
        Dictionary<string, JsonElement>? copies = null;
        foreach (var (name, value) in all)
        {
            if (StrictJson.RawTextIfAny(value) is not null)
                (copies ??= new()).Add(name, value.Clone());
        }
        return (IReadOnlyDictionary<string, JsonElement>?)copies ?? ReadOnlyDictionary<string, JsonElement>.Empty;
    }

    private static int AdditionalMembersLength(IReadOnlyDictionary<string, JsonElement> members) =>
        members.Sum(member => AdditionalMemberLimit.LengthOf(member.Key, member.Value));
}
