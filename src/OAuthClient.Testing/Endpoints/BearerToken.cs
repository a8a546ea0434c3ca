using System.Buffers;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>
/// Validates the access token of a request to a protected resource. Only the Authorization header is accepted (RFC 6750 §2.1, §3.1).
/// </summary>
internal static class BearerToken
{
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="
    );

    /// <summary>Validates the access token and processes the request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="realm">The realm of the challenge.</param>
    /// <param name="server">The server that issued the token.</param>
    /// <param name="requiredScope">The required scopes, separated by spaces; null for none.</param>
    /// <param name="isAudienceValid">Determines whether the token is valid for this resource.</param>
    /// <param name="answer">Processes the request if the token is valid.</param>
    /// <returns>The response, or a challenge.</returns>
    public static Reply Check(
        RecordedRequest request,
        string realm,
        ServerState server,
        string? requiredScope,
        Func<IssuedAccessToken, bool> isAudienceValid,
        Func<IssuedAccessToken, Reply> answer
    )
    {
        if (request.QueryParameters.Contains("access_token"))
            return Challenge(400, realm, "invalid_request", "The access token must not be in the query.");
        if (request.Header("Authorization") is not { } header || !header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return Challenge(401, realm, error: null, description: null);
        string value = header["Bearer ".Length..].Trim();
        if (value is "" || value.AsSpan().ContainsAnyExcept(TokenCharacters))
            return Challenge(400, realm, "invalid_request", "The access token is malformed.");
        if (server.Grants.FindAccessToken(value) is not { } token)
            return Challenge(401, realm, "invalid_token", "The access token is unknown.");
        if (!token.IsValid(server.Now))
            return Challenge(401, realm, "invalid_token", "The access token has expired or was revoked.");
        if (!isAudienceValid(token))
            return Challenge(401, realm, "invalid_token", "The access token is for another resource.");
        if (requiredScope?.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(token.Scopes.Contains) is false)
            return Challenge(403, realm, "insufficient_scope", "The access token lacks a required scope.", requiredScope);
        return answer(token);
    }

    private static Reply Challenge(int status, string realm, string? error, string? description, string? scope = null)
    {
        string challenge = $"Bearer realm=\"{realm}\"";
        if (error is not null)
            challenge += $", error=\"{error}\", error_description=\"{description}\"";
        if (scope is not null)
            challenge += $", scope=\"{scope}\"";
        JsonObject body = error is null ? new() : new() { ["error"] = error, ["error_description"] = description };
        return Reply.Json(status, body).NotStored().With("WWW-Authenticate", challenge);
    }
}
