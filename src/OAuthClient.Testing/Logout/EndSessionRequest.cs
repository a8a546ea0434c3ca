using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>A client's wish to end a session (OpenID Connect RP-Initiated Logout §2), checked: where the browser may be sent afterwards is the client's own.</summary>
internal sealed class EndSessionRequest
{
    private EndSessionRequest(string encoded, TestClient? client, string? sessionId, string? redirectUri, string? state) =>
        (Encoded, Client, SessionId, RedirectUri, State) = (encoded, client, sessionId, redirectUri, state);

    /// <summary>The request as it came, for the form to carry.</summary>
    public string Encoded { get; }

    /// <summary>Who asks; null when nobody said.</summary>
    public TestClient? Client { get; }

    /// <summary>Which session is meant, by an ID Token of this server; null without one, and then the user is asked.</summary>
    public string? SessionId { get; }

    public string? RedirectUri { get; }

    public string? State { get; }

    /// <exception cref="OAuthErrorException">The request is wrong. Nobody is redirected anywhere (§4).</exception>
    public static EndSessionRequest Parse(string encoded, ServerState server)
    {
        FormParameters parameters = FormParameters.Parse(encoded);
        if (parameters.Repeated() is { } repeated)
            throw OAuthErrorException.InvalidRequest($"The parameter {repeated} was sent more than once.");
        (string ClientId, string SessionId)? hint = parameters["id_token_hint"] is { } token
            ? ReadHint(token, server)
                ?? throw OAuthErrorException.InvalidRequest("The id_token_hint is no ID Token that this server signed.")
            : null;
        string? clientId = parameters["client_id"];
        if (hint is not null && clientId is not null && hint.Value.ClientId != clientId)
            throw OAuthErrorException.InvalidRequest("The id_token_hint was issued to another client than client_id says.");
        clientId ??= hint?.ClientId;
        TestClient? client = null;
        if (clientId is not null && !server.Clients.TryGetValue(clientId, out client))
            throw OAuthErrorException.InvalidRequest($"The client_id {clientId} is not registered.");
        string? redirectUri = parameters["post_logout_redirect_uri"];
        if (redirectUri is not null && client is null)
            throw OAuthErrorException.InvalidRequest(
                "A post_logout_redirect_uri needs an id_token_hint or a client_id, to tell whose it is."
            );
        if (redirectUri is not null && !client!.PostLogoutRedirectUris.Contains(redirectUri))
            throw OAuthErrorException.InvalidRequest(
                $"The post_logout_redirect_uri {redirectUri} is not registered for the client {clientId}."
            );
        return new(encoded, client, hint?.SessionId, redirectUri, parameters["state"]);
    }

    /// <summary>Whose ID Token of ours it is and of which session, however old (§2); null when it is anything else.</summary>
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
            // A logout token has a sid too, but another type.
            return isSigned && (string?)header["typ"] is "JWT" && (string?)claims["sid"] is { } sessionId ? (clientId, sessionId) : null;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
