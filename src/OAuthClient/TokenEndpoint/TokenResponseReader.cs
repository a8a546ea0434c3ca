using System.Collections.ObjectModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
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
    /// <param name="issuedAt">The time from which the lifetime of the access token counts.</param>
    /// <returns>The tokens.</returns>
    /// <exception cref="TokenEndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthProtocolException">The response is malformed, or its token type is not supported.</exception>
    public static TokenResponse Read(BackChannelResponse response, TokenRequest request, DateTimeOffset issuedAt)
    {
        using var document = StrictJson.TryParse(response.Body);
        var members = document is null ? default : TokenMembers.Of(document.RootElement);
        // Some servers respond with status 200 and an error, a page or nothing in the body. "error": null means no error.
        if (!response.IsSuccess || document is null || members.Error.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
            throw new TokenEndpointException(response.Failure(document?.RootElement));
        string value =
            StrictJson.TextOf(members.AccessToken, ParameterNames.AccessToken)
            ?? throw new OAuthProtocolException("The token response has no access_token (RFC 6749 §5.1).");
        string type =
            StrictJson.TextOf(members.TokenType, ParameterNames.TokenType)
            ?? throw new OAuthProtocolException(
                "The token response has no token_type, so it is not known how to use the token (RFC 6749 §5.1)."
            );
        // An unsupported type is reported before errors in the other members.
        if (!BearerScheme.Instance.IsNamed(type))
        {
            throw new OAuthProtocolException(
                $"The token response's token_type is '{response.Clean(type, value)}'; only {BearerScheme.Instance.Name} is supported, and a "
                    + "token of an unknown type must not be used (RFC 6749 §7.1)."
            );
        }

        var expiresAt = Lifetime(members.ExpiresIn) is { } seconds ? issuedAt.AddSeconds(seconds) : (DateTimeOffset?)null;
        return new TokenResponse(
            new AccessToken(value, issuedAt, expiresAt, Scopes(members.Scope, request), request.Resources),
            StrictJson.TextOf(members.RefreshToken, ParameterNames.RefreshToken) is { } refreshToken
                ? new RefreshToken(refreshToken)
                : null,
            StrictJson.TextOf(members.IdToken, ParameterNames.IdToken) is { } idToken ? new IdToken(idToken) : null,
            (IReadOnlyDictionary<string, JsonElement>?)members.Additional ?? ReadOnlyDictionary<string, JsonElement>.Empty
        );
    }

    private static IReadOnlyList<string> Scopes(JsonElement member, TokenRequest request)
    {
        if (member.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return request.DefaultScopes;
        string scope = Bounded(StrictJson.TextOf(member, ParameterNames.Scope) ?? "");
        return ScopeList.IsJoined(scope, request.DefaultScopes) ? request.DefaultScopes : ScopeList.Split(scope);
    }

    // Limited, because scopes are compared with each other throughout the lifetime of the grant.
    private static string Bounded(string scope) =>
        scope.Length <= MaximumScopeLength
            ? scope
            : throw new OAuthProtocolException(
                $"The token response's scope is longer than {MaximumScopeLength} characters; it was rejected."
            );

    private static long? Lifetime(JsonElement member)
    {
        if (member.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        double seconds;
        if (member.ValueKind == JsonValueKind.Number && member.TryGetDouble(out double number))
            seconds = number;
        else if (
            StrictJson.TextIfAnyOf(member) is { } written
            && double.TryParse(
                written,
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out double text
            )
            && double.IsFinite(text)
        )
            seconds = text;
        else
            throw new OAuthProtocolException("The token response's expires_in is not a number of seconds (RFC 6749 §5.1).");
        return (long)Math.Clamp(Math.Floor(seconds), 0, MaximumLifetimeSeconds);
    }

    /// <summary>The JSON of the members. An absent member is <see langword="default"/>.</summary>
    private struct TokenMembers
    {
        public JsonElement Error;
        public JsonElement AccessToken;
        public JsonElement TokenType;
        public JsonElement ExpiresIn;
        public JsonElement RefreshToken;
        public JsonElement Scope;
        public JsonElement IdToken;

        /// <summary>The other members. They are copies, because the application may keep them.</summary>
        public Dictionary<string, JsonElement>? Additional;

        public static TokenMembers Of(JsonElement json)
        {
            var members = default(TokenMembers);
            foreach (var member in json.EnumerateObject())
            {
                var name = JsonMarshal.GetRawUtf8PropertyName(member);
                if (name.Contains((byte)'\\'))
                    name = Encoding.UTF8.GetBytes(member.Name);
                if (name.SequenceEqual("access_token"u8))
                    members.AccessToken = member.Value;
                else if (name.SequenceEqual("token_type"u8))
                    members.TokenType = member.Value;
                else if (name.SequenceEqual("expires_in"u8))
                    members.ExpiresIn = member.Value;
                else if (name.SequenceEqual("refresh_token"u8))
                    members.RefreshToken = member.Value;
                else if (name.SequenceEqual("scope"u8))
                    members.Scope = member.Value;
                else if (name.SequenceEqual("id_token"u8))
                    members.IdToken = member.Value;
                else
                    members.Add(member, isError: name.SequenceEqual("error"u8));
            }
            return members;
        }

        private void Add(JsonProperty member, bool isError)
        {
            if (isError)
                Error = member.Value;
            (Additional ??= new(StringComparer.Ordinal)).Add(member.Name, member.Value.Clone());
        }
    }
}
