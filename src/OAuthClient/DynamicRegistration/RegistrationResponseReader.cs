using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient;

/// <summary>
/// Reads the registration response (RFC 7591 §3.2.1). The registered metadata may differ from the requested metadata and take precedence.
/// Metadata with which the client cannot work are an error.
/// </summary>
internal static class RegistrationResponseReader
{
    // Members that are secret and therefore not part of the metadata.
    private static readonly string[] Credentials = ["client_secret", "registration_access_token", "software_statement"];

    /// <summary>Reads and validates the response.</summary>
    /// <param name="json">The response.</param>
    /// <param name="current">The client's configuration.</param>
    /// <param name="endpoint">The endpoint that responded. A registration is managed at its origin or at the issuer's.</param>
    /// <param name="known">The client before the request; <see langword="null"/> for a new one.</param>
    /// <param name="authenticationMethod">The requested method of authentication, which applies if the response names none.</param>
    /// <param name="now">The time of the response.</param>
    /// <exception cref="OAuthProtocolException">The response does not conform to the specification.</exception>
    /// <exception cref="OAuthException">The server registered metadata with which this client cannot work.</exception>
    public static DynamicClient Read(
        JsonElement json,
        ClientConfiguration current,
        Uri endpoint,
        DynamicClient? known,
        string authenticationMethod,
        DateTimeOffset now
    )
    {
        string clientId =
            json.Text(ParameterNames.ClientId)
            ?? throw new OAuthProtocolException("The registration response has no client_id (RFC 7591 §3.2.1).");
        if (known is not null && clientId != known.ClientId)
            throw new OAuthProtocolException(
                "The registration response has another client_id than the request (RFC 7592 §3); it was not used."
            );
        if (FindMismatch(json, current) is { } mismatch)
            throw new OAuthException($"{current.ServerId} registered {current.DisplayName} with {mismatch} (RFC 7591 §3.2.1).");
        string methodName = json.Text(RegistrationRequestBuilder.AuthenticationMethod) ?? authenticationMethod;
        var method =
            ClientAuthenticationMethods.Find(methodName)
            ?? throw new OAuthException(
                $"{current.ServerId} registered {current.DisplayName} for "
                    + $"{ClientAuthenticationMethods.Printable(methodName)}, which this library does not support; set ClientAuthentication."
            );
        var (secret, end) = method.NeedsSecret ? Secret(json, known, now) : default;
        if (method.NeedsSecret && secret is null)
            throw new OAuthProtocolException(
                $"The registration response has no client_secret, which {methodName} needs (RFC 7591 §3.2.1)."
            );
        if (!method.IsAllowedFor(current))
            throw new OAuthException(
                $"{current.ServerId} registered {current.DisplayName} for {methodName}, and FAPI 2.0 Security Profile §5.3.3.1 allows "
                    + "private_key_jwt and certificates; ask the operator of the server to allow one of them, or remove Fapi2."
            );
        if (method.FindObstacle(current) is { } obstacle)
            throw new OAuthException($"{current.ServerId} registered {current.DisplayName} for {methodName}, and {obstacle}.");
        var (uri, token) = Management(json, current, endpoint, known);
        return new(current.Name, current.ServerId, clientId)
        {
            RegisteredAt = known?.RegisteredAt ?? now,
            LastConfirmedAt = now,
            Generation = (known?.Generation ?? 0) + 1,
            Authentication = method.Method,
            ClientSecret = secret,
            SecretIssuedAt = known is not null && known.SecretExpiresAt == end && known.ClientSecret == secret ? known.SecretIssuedAt : now,
            SecretExpiresAt = end,
            ManagementUri = uri,
            RegistrationAccessToken = token,
            Metadata = WithoutCredentials(json),
            UnknownMembers = known?.UnknownMembers,
        };
    }

    /// <summary>
    /// Finds the reason why this client cannot work with the registered metadata; <see langword="null"/> if it can. Absent members are as
    /// requested.
    /// </summary>
    public static string? FindMismatch(JsonElement metadata, ClientConfiguration current)
    {
        if (current.RedirectUris.Count > 0)
        {
            var registered = metadata.Texts("redirect_uris");
            if (registered is not null && current.RedirectUris.Any(uri => !registered.Contains(uri.OriginalString)))
                return "other redirect_uris than RedirectUri, so no authorization could be completed";
            if (metadata.Texts("response_types")?.Contains(ParameterNames.Code) == false)
                return "response_types without code, the only supported one";
            if (metadata.Texts("grant_types")?.Contains("authorization_code") == false)
                return "grant_types without authorization_code";
        }
        return
            current.Scopes.Contains(ScopeList.OpenId)
            && metadata.Text("id_token_signed_response_alg") is { } algorithm
            && !current.Algorithms.CanRegister(algorithm)
            ? "ID Tokens signed by "
                + (
                    SignatureAlgorithms.Supported.Contains(algorithm) || SignatureAlgorithms.IsEd25519(algorithm)
                        ? algorithm
                        : "another algorithm"
                )
                + ", which IdTokenSigningAlgorithms does not allow"
            : null;
    }

    private static (ClientSecret? Secret, DateTimeOffset? End) Secret(JsonElement json, DynamicClient? known, DateTimeOffset now)
    {
        // The response to a read or an update may omit the secret (RFC 7592 §3).
        if (json.Text(ParameterNames.ClientSecret) is not { } secret)
            return (known?.ClientSecret, json.TryGetProperty("client_secret_expires_at", out _) ? End(json, now) : known?.SecretExpiresAt);
        return (new(secret), End(json, now));
    }

    private static DateTimeOffset? End(JsonElement json, DateTimeOffset now)
    {
        // Required beside a secret, but omitted by some servers whose secrets do not expire.
        // 0 and later years than 9999 mean that the secret does not expire (RFC 7591 §3.2.1).
        if (
            NumericDate.ReadIfPresent(json, "client_secret_expires_at", "registration response") is not { } end
            || end == DateTimeOffset.UnixEpoch
            || end == DateTimeOffset.MaxValue
        )
            return null;
        return end > now
            ? end
            : throw new OAuthProtocolException(
                "The registration response's client_secret has already expired (client_secret_expires_at); check this machine's clock "
                    + "and the server's."
            );
    }

    private static (Uri? Uri, RegistrationAccessToken? Token) Management(
        JsonElement json,
        ClientConfiguration current,
        Uri endpoint,
        DynamicClient? known
    )
    {
        var uri = known?.ManagementUri;
        if (json.Text("registration_client_uri") is { } text)
        {
            uri =
                Uri.TryCreate(text, UriKind.Absolute, out var address) && ServerEndpoint.IsSafe(address, current.Cleartext)
                    ? address
                    : throw new OAuthProtocolException(
                        "The registration response's registration_client_uri is not an absolute https address without user and fragment "
                            + "(RFC 7592 §3); it was not used, because a token would be sent there."
                    );
            // Otherwise the response could direct requests, with a header value that it chooses, to any host.
            if (
                !EndpointSecurity.IsSameOrigin(uri, endpoint)
                && !(current.Issuer is { } issuer && EndpointSecurity.IsSameOrigin(uri, issuer))
            )
                throw new OAuthProtocolException(
                    "The registration response's registration_client_uri is at another origin than the endpoint that returned it and the "
                        + "issuer (RFC 7592 §3); it was not used."
                );
        }
        string? token = json.Text("registration_access_token");
        if (token?.All(c => c is > ' ' and <= '~') == false)
            throw new OAuthProtocolException(
                "The registration response's registration_access_token holds a character that is invalid in a header (RFC 6750 §2.1)."
            );
        return (uri, token is null ? known?.RegistrationAccessToken : new(token));
    }

    private static JsonElement WithoutCredentials(JsonElement json)
    {
        var metadata = JsonObject.Create(json)!;
        try
        {
            foreach (string name in Credentials)
                metadata.Remove(name);
            return JsonElement.Parse(metadata.ToJsonString());
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            throw new OAuthProtocolException(
                "The registration response holds text that is not valid Unicode (RFC 8259 §8); it could not be stored."
            );
        }
    }
}
