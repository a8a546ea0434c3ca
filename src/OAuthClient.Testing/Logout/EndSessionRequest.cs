using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>A validated logout request (OpenID Connect RP-Initiated Logout §2). The redirect URI is registered for the client.</summary>
internal sealed class EndSessionRequest
{
    private EndSessionRequest(string encoded, TestClient? client, string? sessionId, string? redirectUri, string? state) =>
        (Encoded, Client, SessionId, RedirectUri, State) = (encoded, client, sessionId, redirectUri, state);

    /// <summary>The URL-encoded request, which the form carries.</summary>
    public string Encoded { get; }

    /// <summary>The client that requests the logout; null if the request does not identify one.</summary>
    public TestClient? Client { get; }

    /// <summary>The session identifier from the ID Token hint; null without a hint, in which case the user is asked.</summary>
    public string? SessionId { get; }

    public string? RedirectUri { get; }

    public string? State { get; }

    /// <summary>Parses and validates a request.</summary>
    /// <exception cref="OAuthErrorException">The request is invalid. The browser is not redirected (§4).</exception>
    public static EndSessionRequest Parse(string encoded, ServerState server)
    {
        FormParameters parameters = FormParameters.Parse(encoded);
        if (parameters.Repeated() is { } repeated)
            throw OAuthErrorException.InvalidRequest($"The parameter {repeated} was sent more than once.");
        (string ClientId, string SessionId)? hint = parameters["id_token_hint"] is { } token
            ? ReadHint(token, server)
                ?? throw OAuthErrorException.InvalidRequest("The id_token_hint is not an ID Token that this server signed.")
            : null;
        string? clientId = parameters["client_id"];
        if (hint is not null && clientId is not null && hint.Value.ClientId != clientId)
            throw OAuthErrorException.InvalidRequest("The id_token_hint was issued to a client other than client_id.");
        clientId ??= hint?.ClientId;
        TestClient? client = null;
        if (clientId is not null && !server.Clients.TryGetValue(clientId, out client))
            throw OAuthErrorException.InvalidRequest($"The client_id {clientId} is not registered.");
        string? redirectUri = parameters["post_logout_redirect_uri"];
        if (redirectUri is not null && client is null)
            throw OAuthErrorException.InvalidRequest("A post_logout_redirect_uri requires an id_token_hint or a client_id.");
        if (redirectUri is not null && !client!.PostLogoutRedirectUris.Contains(redirectUri))
            throw OAuthErrorException.InvalidRequest(
                $"The post_logout_redirect_uri {redirectUri} is not registered for the client {clientId}."
            );
        return new(encoded, client, hint?.SessionId, redirectUri, parameters["state"]);
    }

    /// <summary>
    /// Returns the client and the session of an ID Token that this server signed, also if it has expired (§2); null for any other value.
    /// </summary>
    private static (string ClientId, string SessionId)? ReadHint(string token, ServerState server)
    {
        string[] parts = token.Split('.');
        if (parts.Length is not 3 || !parts.All(part => Base64Url.IsValid(part)))
            return null;
        try
        {
            if (
                JsonNode.Parse(Base64Url.DecodeFromChars(parts[0])) is not JsonObject header
                || JsonNode.Parse(Base64Url.DecodeFromChars(parts[1])) is not JsonObject claims
            )
                return null;
            if ((string?)header["alg"] is not { } algorithm || (string?)claims["aud"] is not { } clientId)
                return null;
            byte[] input = Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]);
            byte[] signature = Base64Url.DecodeFromChars(parts[2]);
            bool isSigned =
                algorithm is SignatureAlgorithm.Hmac
                    ? server.Clients.TryGetValue(clientId, out TestClient? client)
                        && client.ClientSecret is { } secret
                        && Randomness.SameBytes(JsonWebSignature.Hmac(secret)(input), signature)
                    : server.Keys.Verifies(algorithm, input, signature);
            // A logout token also contains a sid; its typ differs.
            return isSigned && (string?)header["typ"] is "JWT" && (string?)claims["sid"] is { } sessionId ? (clientId, sessionId) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
