using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Reads responses of the token endpoint (RFC 6749 §5.1, §5.2). An error response becomes an exception.</summary>
internal static class TokenResponseReader
{
    private const int MaximumScopeLength = 16 * 1024;

    // Ten years. A longer lifetime is an error of the server and could cause an overflow.
    private const long MaximumLifetimeSeconds = 315_360_000;

    /// <summary>Reads a response.</summary>
    /// <param name="response">The response.</param>
    /// <param name="request">The request that it answers.</param>
    /// <param name="adaptation">How the server deviates from the specifications.</param>
    /// <returns>The tokens.</returns>
    /// <exception cref="TokenEndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthProtocolException">The response is malformed, or its token type is not supported.</exception>
    public static TokenResponse Read(BackChannelResponse response, TokenRequest request, ServerAdaptation adaptation)
    {
        using var document = StrictJson.TryParse(response.Body);
        // Some servers respond with status 200 and an error, a page or nothing in the body. "error": null means no error.
        if (!response.IsSuccess || document?.RootElement is not { } json || !json.Member(ParameterNames.Error).IsAbsent())
        {
            var failure = response.Failure(document?.RootElement);
            throw new TokenEndpointException(failure with { Error = adaptation.ErrorCode(failure.Error) });
        }
        JsonElement accessToken = default;
        JsonElement tokenType = default;
        JsonElement expiresIn = default;
        JsonElement refreshToken = default;
        JsonElement scope = default;
        JsonElement idToken = default;
        Dictionary<string, JsonElement>? additional = null;
        // In one pass, because each look-up of a member compares the names of those after it.
        foreach (var member in adaptation.FindTokens(json).EnumerateObject())
        {
            var name = StrictJson.Utf8NameOf(member);
            if (name.SequenceEqual("access_token"u8))
                accessToken = member.Value;
            else if (name.SequenceEqual("token_type"u8))
                tokenType = member.Value;
            else if (name.SequenceEqual("expires_in"u8))
                expiresIn = member.Value;
            else if (name.SequenceEqual("refresh_token"u8))
                refreshToken = member.Value;
            else if (name.SequenceEqual("scope"u8))
                scope = member.Value;
            else if (name.SequenceEqual("id_token"u8))
                idToken = member.Value;
            else
                // A copy, because the application may keep it.
                (additional ??= new()).Add(member.Name, member.Value.Clone());
        }
        string value =
            StrictJson.TextOf(accessToken, ParameterNames.AccessToken)
            ?? throw new OAuthProtocolException("The token response has no access_token (RFC 6749 §5.1).");
        string type =
            StrictJson.TextOf(tokenType, ParameterNames.TokenType)
            ?? throw new OAuthProtocolException(
                "The token response has no token_type, so it is not known how to use the token (RFC 6749 §5.1)."
            );
        // An unsupported type is reported before errors in the other members.
        if (!BearerScheme.Instance.IsNamed(type))
        {
            throw new OAuthProtocolException(
                $"The token response's token_type is '{response.Clean(type, value)}'; only {BearerScheme.Instance.Name} is supported, and "
                    + "a token of an unknown type must not be used (RFC 6749 §7.1)."
            );
        }

        var issuedAt = response.RequestedAt;
        var expiresAt = Lifetime(expiresIn) is { } seconds ? issuedAt.AddSeconds(seconds) : (DateTimeOffset?)null;
        return new TokenResponse(
            new AccessToken(value, issuedAt, expiresAt, Scopes(scope, request, adaptation), request.Resources),
            StrictJson.TextOf(refreshToken, ParameterNames.RefreshToken) is { } refresh ? new RefreshToken(refresh) : null,
            StrictJson.TextOf(idToken, ParameterNames.IdToken) is { } identity ? new IdToken(identity) : null,
            (IReadOnlyDictionary<string, JsonElement>?)additional ?? ReadOnlyDictionary<string, JsonElement>.Empty
        );
    }

    private static IReadOnlyList<string> Scopes(JsonElement member, TokenRequest request, ServerAdaptation adaptation)
    {
        if (member.IsAbsent())
            return request.DefaultScopes;
        string scope = StrictJson.TextOf(member, ParameterNames.Scope) ?? "";
        // Limited, because scopes are compared with each other throughout the lifetime of the grant.
        if (scope.Length > MaximumScopeLength)
            throw new OAuthProtocolException(
                $"The token response's scope is longer than {MaximumScopeLength} characters; it was rejected."
            );
        return ScopeList.IsJoined(scope, request.DefaultScopes) ? request.DefaultScopes : adaptation.SplitScopes(scope);
    }

    private static long? Lifetime(JsonElement member)
    {
        if (member.IsAbsent())
            return null;
        bool isRead =
            member.ValueKind == JsonValueKind.Number
                ? member.TryGetDouble(out double seconds)
                : double.TryParse(
                    StrictJson.TextIfAnyOf(member),
                    NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out seconds
                ) && double.IsFinite(seconds);
        return isRead
            ? (long)Math.Clamp(Math.Floor(seconds), 0, MaximumLifetimeSeconds)
            : throw new OAuthProtocolException("The token response's expires_in is not a number of seconds (RFC 6749 §5.1).");
    }
}
