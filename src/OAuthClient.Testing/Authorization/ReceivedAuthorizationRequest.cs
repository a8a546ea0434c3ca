using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>An authorization request (RFC 6749 §4.1.1) whose client and redirect URI are valid.</summary>
internal sealed class ReceivedAuthorizationRequest
{
    private readonly FormParameters _parameters;

    private ReceivedAuthorizationRequest(string encoded, FormParameters parameters, TestClient client, string redirectUri)
    {
        Encoded = encoded;
        _parameters = parameters;
        Client = client;
        RedirectUri = redirectUri;
        FormPost = parameters["response_mode"] is "form_post" or "form_post.jwt";
        SignsResponse = parameters["response_mode"] is "jwt" or "query.jwt" or "form_post.jwt";
        Prompt = parameters["prompt"]?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        AcrValues = parameters["acr_values"]?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
    }

    /// <summary>The URL-encoded request, which the forms carry.</summary>
    public string Encoded { get; }

    public TestClient Client { get; }

    public string RedirectUri { get; }

    public bool FormPost { get; }

    /// <summary>Whether the response is a JWT (JWT Secured Authorization Response Mode §2.3).</summary>
    public bool SignsResponse { get; }

    /// <summary>The thumbprint of the key that the code is bound to (<c>dpop_jkt</c>, RFC 9449 §10); null for none.</summary>
    public string? KeyThumbprint => _parameters["dpop_jkt"];

    public IReadOnlyList<string> Prompt { get; }

    /// <summary>The requested values in order of preference (OpenID Connect Core §3.1.2.1).</summary>
    public IReadOnlyList<string> AcrValues { get; }

    public string? State => _parameters["state"];

    public string? Nonce => _parameters["nonce"];

    public string? LoginHint => _parameters["login_hint"];

    public string? CodeChallenge => _parameters["code_challenge"];

    /// <summary>The default is <c>plain</c> (RFC 7636 §4.3).</summary>
    public string CodeChallengeMethod => _parameters["code_challenge_method"] ?? "plain";

    public IReadOnlyList<string> Scopes { get; private set; } = [];

    public IReadOnlyList<string> Resources { get; private set; } = [];

    /// <summary>The requested authorization details (RFC 9396 §3); null if there are none.</summary>
    public JsonArray? AuthorizationDetails { get; private set; }

    public TimeSpan? MaxAge { get; private set; }

    /// <summary>The requested claims (OpenID Connect Core §5.5).</summary>
    public JsonObject? Claims { get; private set; }

    /// <summary>
    /// Parses a request and validates the client and the redirect URI. If they are invalid, the server shows an error page and does not
    /// redirect (RFC 6749 §4.1.2.1).
    /// </summary>
    /// <exception cref="OAuthErrorException">The client or the redirect URI is invalid.</exception>
    public static ReceivedAuthorizationRequest Parse(string encoded, ServerState server)
    {
        FormParameters parameters = FormParameters.Parse(encoded);
        if (parameters.All("client_id").Count > 1 || parameters.All("redirect_uri").Count > 1)
            throw OAuthErrorException.InvalidRequest("The client_id or the redirect_uri was sent more than once.");
        if (parameters["client_id"] is not { } clientId)
            throw OAuthErrorException.InvalidRequest("The client_id is missing.");
        if (!server.Clients.TryGetValue(clientId, out TestClient? client))
            throw OAuthErrorException.InvalidRequest($"The client_id {clientId} is not registered.");
        if (parameters["redirect_uri"] is not { } redirectUri)
            throw OAuthErrorException.InvalidRequest("The redirect_uri is missing.");
        if (!client.MayRedirectTo(redirectUri))
            throw OAuthErrorException.InvalidRequest($"The redirect_uri {redirectUri} is not registered for the client {clientId}.");
        return new(encoded, parameters, client, redirectUri);
    }

    /// <summary>Validates the other parameters. An error is sent to the client in the authorization response.</summary>
    /// <exception cref="OAuthErrorException">A parameter is invalid.</exception>
    public void Validate(ServerState server)
    {
        if (_parameters.Repeated() is { } repeated)
            throw OAuthErrorException.InvalidRequest($"The parameter {repeated} was sent more than once.");
        if (_parameters.Contains("request_uri"))
            throw new OAuthErrorException("request_uri_not_supported", "Request objects by reference are not supported.");
        if (_parameters["response_type"] is not { } responseType)
            throw OAuthErrorException.InvalidRequest("The response_type is missing.");
        if (responseType is not "code")
            throw new OAuthErrorException("unsupported_response_type", "Only the response_type code is supported.");
        if (!Client.MayUse("authorization_code"))
            throw OAuthErrorException.UnauthorizedClient("The client may not use authorization codes.");
        if (_parameters["response_mode"] is not (null or "query" or "form_post") && !SignsResponse)
            throw OAuthErrorException.InvalidRequest("The response_mode must be query, form_post, or one of these with .jwt.");
        ValidateCodeChallenge(server.Options);
        Scopes = server.ParseScope(_parameters["scope"], Client);
        if (server.Options.RejectResource && _parameters.Contains("resource"))
            throw new OAuthErrorException("invalid_target", "The resource parameter is not supported with scopes.");
        if (KeyThumbprint is { } thumbprint && !(thumbprint.Length == 43 && CodeChallengeVerifier.HasOnlyAllowedCharacters(thumbprint)))
            throw OAuthErrorException.InvalidRequest("The dpop_jkt must be a SHA-256 thumbprint of a key (RFC 9449 section 10).");
        Resources = RequestedResources.Parse(_parameters.All("resource"));
        AuthorizationDetails = AuthorizationDetailsRules.Parse(_parameters["authorization_details"], Client, server.Options);
        if (Prompt.FirstOrDefault(one => one is not ("none" or "login" or "consent" or "select_account")) is not null)
            throw OAuthErrorException.InvalidRequest("The prompt must be none, login, consent or select_account.");
        if (Prompt.Contains("none") && Prompt.Count > 1)
            throw OAuthErrorException.InvalidRequest("The prompt none must not be combined with other values.");
        if (_parameters["claims"] is { } claims)
            Claims = ParseClaims(claims);
        if (_parameters["max_age"] is { } maxAge)
        {
            MaxAge = int.TryParse(maxAge, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
                ? TimeSpan.FromSeconds(seconds)
                : throw OAuthErrorException.InvalidRequest("The max_age must be a number of seconds.");
        }
    }

    private static JsonObject ParseClaims(string claims)
    {
        try
        {
            if (JsonNode.Parse(claims, documentOptions: new() { AllowDuplicateProperties = false }) is JsonObject json)
                return json;
        }
        catch (JsonException) { }
        throw OAuthErrorException.InvalidRequest("The claims must be a JSON object.");
    }

    private void ValidateCodeChallenge(TestAuthorizationServerOptions options)
    {
        if (CodeChallenge is not { } challenge)
        {
            if (options.RequirePkce || _parameters.Contains("code_challenge_method"))
                throw OAuthErrorException.InvalidRequest("The code_challenge is missing (RFC 7636).");
            return;
        }

        if (!options.CodeChallengeMethods.Contains(CodeChallengeMethod))
            throw OAuthErrorException.InvalidRequest($"The code_challenge_method {CodeChallengeMethod} is not supported (RFC 7636).");
        bool wellFormed = CodeChallengeMethod is "S256"
            ? challenge.Length == 43 && CodeChallengeVerifier.HasOnlyAllowedCharacters(challenge)
            : CodeChallengeVerifier.IsWellFormed(challenge);
        if (!wellFormed)
            throw OAuthErrorException.InvalidRequest("The code_challenge is malformed (RFC 7636).");
    }
}
