using System.Buffers;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>What every protected resource does first: take the token from the header, and only from there, and check it (RFC 6750 §2.1, §3.1).</summary>
internal static class BearerToken
{
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="
    );

    /// <param name="request">The request.</param>
    /// <param name="realm">Who asks for the token.</param>
    /// <param name="server">Who gave it.</param>
    /// <param name="requiredScope">Scopes it must have, separated by spaces; null for none.</param>
    /// <param name="isForUs">Whether its audience is right.</param>
    /// <param name="answer">What to do when all is well.</param>
    public static Reply Check(
        RecordedRequest request,
        string realm,
        ServerState server,
        string? requiredScope,
        Func<IssuedAccessToken, bool> isForUs,
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
        if (!isForUs(token))
            return Challenge(401, realm, "invalid_token", "The access token is for another resource.");
        if (requiredScope?.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(token.Scopes.Contains) is false)
            return Challenge(403, realm, "insufficient_scope", "The access token lacks a scope.", requiredScope);
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
