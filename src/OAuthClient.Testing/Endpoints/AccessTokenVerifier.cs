using System.Buffers;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>
/// Verifies the access token of a request to a protected resource, and the key or the certificate that it is bound to. Only the
/// Authorization header is accepted (RFC 6750 §2.1, §3.1, RFC 9449 §7.1).
/// </summary>
internal static class AccessTokenVerifier
{
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="
    );

    /// <summary>Verifies the access token and processes the request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="realm">The realm of the challenge.</param>
    /// <param name="server">The server that issued the token.</param>
    /// <param name="proofs">Verifies the proofs of tokens that are bound to a key.</param>
    /// <param name="requiredScope">The required scopes, separated by spaces; null for none.</param>
    /// <param name="isAudienceValid">Determines whether the token is valid for this resource.</param>
    /// <param name="answer">Processes the request if the token is valid.</param>
    /// <returns>The response, or a challenge.</returns>
    public static Reply Check(
        RecordedRequest request,
        string realm,
        ServerState server,
        DPoPVerifier proofs,
        string? requiredScope,
        Func<IssuedAccessToken, bool> isAudienceValid,
        Func<IssuedAccessToken, Reply> answer
    )
    {
        string[] parts = request.Header("Authorization")?.Split(' ', 2) ?? [];
        string value = parts is [_, var rest] ? rest.Trim() : "";
        bool hasProof = Is("DPoP");
        IssuedAccessToken? token = null;
        try
        {
            if (request.QueryParameters.Contains("access_token"))
                throw OAuthErrorException.InvalidRequest("The access token must not be in the query.");
            if (!hasProof && !Is("Bearer"))
                return Challenge(401, error: null, description: null);
            if (value is "" || value.AsSpan().ContainsAnyExcept(TokenCharacters))
                throw OAuthErrorException.InvalidRequest("The access token is malformed.");
            token = server.Grants.FindAccessToken(value) ?? throw InvalidToken("The access token is unknown.");
            if (!token.IsValid(server.Now))
                throw InvalidToken("The access token has expired or was revoked.");
            VerifyConfirmation(request, token, hasProof, proofs);
            if (!isAudienceValid(token))
                throw InvalidToken("The access token is for another resource.");
            if (requiredScope?.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(token.Scopes.Contains) is false)
                throw new OAuthErrorException("insufficient_scope", "The access token lacks a required scope.", 403);
        }
        catch (OAuthErrorException exception)
        {
            return Challenge(exception.Status, exception.Error, exception.Description);
        }

        return WithNonce(answer(token));

        bool Is(string scheme) => parts is [var stated, _] && stated.Equals(scheme, StringComparison.OrdinalIgnoreCase);

        Reply WithNonce(Reply reply) => hasProof ? proofs.WithNonce(reply) : reply;

        // A token that is bound to a key is valid only with the scheme DPoP, also if it was sent with another one (RFC 9449 §7.2).
        Reply Challenge(int status, string? error, string? description) =>
            WithNonce(
                AccessTokenVerifier.Challenge(
                    status,
                    realm,
                    error,
                    description,
                    error is "insufficient_scope" ? requiredScope : null,
                    hasProof || token?.Confirmation is { IsKey: true } || (token is null && server.Options.RequireDPoP)
                        ? server.AsymmetricAlgorithms
                        : null
                )
            );
    }

    /// <summary>Creates a response with a challenge (RFC 6750 §3, RFC 9449 §7.1).</summary>
    /// <param name="status">The status code.</param>
    /// <param name="realm">The realm.</param>
    /// <param name="error">The error; null if the request has no access token.</param>
    /// <param name="description">The description of the error.</param>
    /// <param name="scope">The required scope; null for none.</param>
    /// <param name="algorithms">The algorithms of a DPoP challenge; null for a Bearer challenge.</param>
    public static Reply Challenge(
        int status,
        string realm,
        string? error,
        string? description,
        string? scope,
        IEnumerable<string>? algorithms
    )
    {
        string challenge = $"{(algorithms is null ? "Bearer" : "DPoP")} realm=\"{realm}\"";
        if (error is not null)
            challenge += $", error=\"{error}\", error_description=\"{description}\"";
        if (scope is not null)
            challenge += $", scope=\"{scope}\"";
        if (algorithms is not null)
            challenge += $", algs=\"{string.Join(' ', algorithms)}\"";
        JsonObject body = error is null ? new() : new() { ["error"] = error, ["error_description"] = description };
        return Reply.Json(status, body).NotStored().With("WWW-Authenticate", challenge);
    }

    private static void VerifyConfirmation(RecordedRequest request, IssuedAccessToken token, bool hasProof, DPoPVerifier proofs)
    {
        if (token.Confirmation is { IsKey: true } != hasProof)
            throw InvalidToken("The scheme is not the type of the access token.");
        if (token.Confirmation is not { } confirmation)
            return;
        if (!confirmation.IsKey)
        {
            if (request.ClientCertificate is not { } certificate || Confirmation.Of(certificate) != confirmation)
                throw InvalidToken("The access token is bound to a certificate that the client did not present.");
            return;
        }

        try
        {
            string thumbprint =
                proofs.Verify(request, token.Value) ?? throw new OAuthErrorException("invalid_dpop_proof", "The request has no proof.");
            if (thumbprint != confirmation.Thumbprint)
                throw new OAuthErrorException("invalid_dpop_proof", "The access token is bound to another key.");
        }
        catch (OAuthErrorException exception)
        {
            throw new OAuthErrorException(exception.Error, exception.Description, 401);
        }
    }

    private static OAuthErrorException InvalidToken(string description) => new("invalid_token", description, 401);
}
