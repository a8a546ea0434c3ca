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
    /// <param name="proofs">How the proofs of bound tokens are verified.</param>
    /// <returns>The response, or a challenge.</returns>
    public static Reply Check(
        RecordedRequest request,
        string realm,
        ServerState server,
        string? requiredScope,
        Func<IssuedAccessToken, bool> isAudienceValid,
        Func<IssuedAccessToken, Reply> answer,
        ProofRequirement proofs
    )
    {
        if (request.QueryParameters.Contains("access_token"))
            return Challenge(400, realm, "invalid_request", "The access token must not be in the query.");
        string[] parts = request.Header("Authorization")?.Split(' ', 2) ?? [];
        bool isBound = parts is [var scheme, _] && scheme.Equals("DPoP", StringComparison.OrdinalIgnoreCase);
        if (parts is not [var stated, var rest] || !(isBound || stated.Equals("Bearer", StringComparison.OrdinalIgnoreCase)))
            return Challenge(401, realm, error: null, description: null);
        string value = rest.Trim();
        if (value is "" || value.AsSpan().ContainsAnyExcept(TokenCharacters))
            return Challenge(400, realm, "invalid_request", "The access token is malformed.");
        if (server.Grants.FindAccessToken(value) is not { } token)
            return Challenge(401, realm, "invalid_token", "The access token is unknown.");
        if (!token.IsValid(server.Now))
            return Challenge(401, realm, "invalid_token", "The access token has expired or was revoked.");
        if (token.Thumbprint is not null != isBound)
            return Challenge(401, realm, "invalid_token", "The scheme is not the type of the access token.", isBound: true);
        try
        {
            if (isBound && proofs.Verifier.Verify(request, proofs.Address, value, proofs.RequiresNonce) != token.Thumbprint)
                return Challenge(401, realm, "invalid_token", "The proof is missing or has another key.", isBound: true);
        }
        catch (OAuthErrorException exception)
        {
            return Challenge(401, realm, exception.Error, exception.Description, isBound: true).With("DPoP-Nonce", proofs.Verifier.Nonce);
        }

        if (!isAudienceValid(token))
            return Challenge(401, realm, "invalid_token", "The access token is for another resource.");
        if (requiredScope?.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(token.Scopes.Contains) is false)
            return Challenge(403, realm, "insufficient_scope", "The access token lacks a required scope.", requiredScope);
        Reply reply = answer(token);
        return isBound && proofs.RequiresNonce ? reply.With("DPoP-Nonce", proofs.Verifier.Nonce) : reply;
    }

    private static Reply Challenge(int status, string realm, string? error, string? description, string? scope = null, bool isBound = false)
    {
        string challenge = $"{(isBound ? "DPoP" : "Bearer")} realm=\"{realm}\"";
        if (error is not null)
            challenge += $", error=\"{error}\", error_description=\"{description}\"";
        if (scope is not null)
            challenge += $", scope=\"{scope}\"";
        JsonObject body = error is null ? new() : new() { ["error"] = error, ["error_description"] = description };
        return Reply.Json(status, body).NotStored().With("WWW-Authenticate", challenge);
    }

    /// <summary>Describes how the proofs of bound tokens are verified.</summary>
    /// <param name="Verifier">The verifier, which issues the nonces.</param>
    /// <param name="Address">The address of the request, without query.</param>
    /// <param name="RequiresNonce">Whether a proof must contain the nonce.</param>
    internal readonly record struct ProofRequirement(DPoPVerifier Verifier, string Address, bool RequiresNonce);
}
