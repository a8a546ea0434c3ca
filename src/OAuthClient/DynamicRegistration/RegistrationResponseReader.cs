using System.Buffers;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Reads what the server registered (RFC 7591 §3.2.1). It may differ from what was asked for, and what it says counts; what we could not
/// work with is an error.
/// </summary>
internal static class RegistrationResponseReader
{
    // What is kept as secrets, or was one of ours.
    private static readonly string[] Credentials = ["client_secret", "registration_access_token", "software_statement"];

    /// <param name="json">The answer.</param>
    /// <param name="current">Who asked.</param>
    /// <param name="endpoint">Where: a registration is managed at the same origin, or at the issuer's.</param>
    /// <param name="known">The client as it was known before; <see langword="null"/> for a new one.</param>
    /// <param name="authenticationMethod">What was asked for: what counts when the answer does not say.</param>
    /// <param name="now">When it came.</param>
    /// <exception cref="OAuthProtocolException">The answer has no shape the specification knows.</exception>
    /// <exception cref="OAuthException">The server registered something that this client cannot be.</exception>
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
            ?? throw new OAuthProtocolException("The registration answer holds no client_id (RFC 7591 §3.2.1).");
        if (known is not null && !string.Equals(clientId, known.ClientId, StringComparison.Ordinal))
            throw new OAuthProtocolException(
                "The registration answer is about another client_id than was asked for (RFC 7592 §3); it was not used."
            );
        if (FindMismatch(json, current) is { } why)
            throw new OAuthException(
                $"{current.ConfiguredMetadata.ServerId} registered {current.DisplayName} with {why} (RFC 7591 §3.2.1)."
            );
        string methodName = json.Text(RegistrationRequestBuilder.AuthenticationMethod) ?? authenticationMethod;
        var method =
            ClientAuthenticationNames.Find(methodName)
            ?? throw new OAuthException(
                $"{current.ConfiguredMetadata.ServerId} registered {current.DisplayName} for {ClientAuthenticationNames.Printable(methodName)}, a way to authenticate that this library does not have."
            );
        bool needsSecret = method is ClientAuthenticationMethod.ClientSecretBasic or ClientAuthenticationMethod.ClientSecretPost;
        var (secret, end) = needsSecret ? Secret(json, known, now) : default;
        if (needsSecret && secret is null)
            throw new OAuthProtocolException(
                $"The registration answer holds no client_secret, which {methodName} needs (RFC 7591 §3.2.1)."
            );
        if (method == ClientAuthenticationMethod.TlsClientAuth && !current.HasClientCertificate)
            throw new OAuthException(
                $"{current.ConfiguredMetadata.ServerId} registered {current.DisplayName} for {methodName}, and it has no certificate; give it one by UseClientCertificate."
            );
        var (uri, token) = Management(json, current, endpoint, known);
        return new(current.Name, current.ConfiguredMetadata.ServerId, clientId)
        {
            RegisteredAt = known?.RegisteredAt ?? now,
            LastConfirmedAt = now,
            Generation = (known?.Generation ?? 0) + 1,
            Authentication = method,
            ClientSecret = secret,
            SecretIssuedAt = known is not null && known.SecretExpiresAt == end && known.ClientSecret == secret ? known.SecretIssuedAt : now,
            SecretExpiresAt = end,
            ManagementUri = uri,
            RegistrationAccessToken = token,
            Metadata = WithoutCredentials(json),
            UnknownMembers = known?.UnknownMembers,
        };
    }

    /// <summary>Why this client could not work with what the server registered; <see langword="null"/> when it can. What the server does not say is as it was asked for.</summary>
    public static string? FindMismatch(JsonElement metadata, ClientConfiguration current)
    {
        if (current.RedirectUri is { } redirect)
        {
            if (metadata.Texts("redirect_uris")?.Contains(redirect.OriginalString, StringComparer.Ordinal) == false)
                return "other redirect_uris than RedirectUri: a login would never come back";
            if (metadata.Texts("response_types")?.Contains(ParameterNames.Code, StringComparer.Ordinal) == false)
                return "response_types without code, the only one that is spoken here";
            if (metadata.Texts("grant_types")?.Contains("authorization_code", StringComparer.Ordinal) == false)
                return "grant_types without authorization_code";
        }
        return
            ScopeList.Contains(current.Scopes, ScopeList.OpenId)
            && metadata.Text("id_token_signed_response_alg") is { } algorithm
            && !current.IdTokenSigningAlgorithms.Contains(algorithm, StringComparer.Ordinal)
            ? $"ID Tokens signed by {(SignatureAlgorithms.Supported.Contains(algorithm, StringComparer.Ordinal) ? algorithm : "another algorithm")}, which IdTokenSigningAlgorithms does not allow"
            : null;
    }

    private static (ClientSecret? Secret, DateTimeOffset? End) Secret(JsonElement json, DynamicClient? known, DateTimeOffset now)
    {
        // Who reads or updates need not be told the secret again (RFC 7592 §3).
        if (json.Text(ParameterNames.ClientSecret) is not { } secret)
            return (known?.ClientSecret, json.TryGetProperty("client_secret_expires_at", out _) ? End(json, now) : known?.SecretExpiresAt);
        return (new(secret), End(json, now));
    }

    private static DateTimeOffset? End(JsonElement json, DateTimeOffset now)
    {
        // Required beside a secret, and left out by some servers whose secrets do not end.
        if (!json.TryGetProperty("client_secret_expires_at", out var member) || member.ValueKind == JsonValueKind.Null)
            return null;
        if (member.ValueKind != JsonValueKind.Number || !member.TryGetDouble(out double seconds) || seconds < 0)
            throw new OAuthProtocolException(
                "The registration answer's client_secret_expires_at is no number of seconds since 1970 (RFC 7591 §3.2.1)."
            );
        if (seconds == 0 || seconds >= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            return null;
        var end = DateTimeOffset.FromUnixTimeSeconds((long)seconds);
        return end > now
            ? end
            : throw new OAuthProtocolException(
                "The registration answer's client_secret has expired already (client_secret_expires_at); check this machine's clock, or the server's."
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
                Uri.TryCreate(text, UriKind.Absolute, out var address)
                && EndpointSecurity.IsSafe(address, current.AllowHttpOnLoopback)
                && address.Fragment.Length == 0
                && address.UserInfo.Length == 0
                    ? address
                    : throw new OAuthProtocolException(
                        "The registration answer's registration_client_uri is no absolute https address without user or fragment (RFC 7592 §3): a token would go there."
                    );
            // Else whoever answers could aim requests of ours, with a header of their choice, at any host.
            if (
                !EndpointSecurity.IsSameOrigin(uri, endpoint)
                && !(current.Issuer is { } issuer && EndpointSecurity.IsSameOrigin(uri, issuer))
            )
                throw new OAuthProtocolException(
                    "The registration answer's registration_client_uri is at another origin than the endpoint that gave it and the issuer (RFC 7592 §3); it was not used."
                );
        }
        string? token = json.Text("registration_access_token");
        if (token?.All(c => c is > ' ' and <= '~') == false)
            throw new OAuthProtocolException(
                "The registration answer's registration_access_token holds a character that no header may carry (RFC 6750 §2.1)."
            );
        return (uri, token is null ? known?.RegistrationAccessToken : new(token));
    }

    private static JsonElement WithoutCredentials(JsonElement json)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes))
        {
            writer.WriteStartObject();
            try
            {
                foreach (var member in json.EnumerateObject().Where(member => !Credentials.Contains(member.Name, StringComparer.Ordinal)))
                    member.WriteTo(writer);
            }
            catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
            {
                throw new OAuthProtocolException(
                    "The registration answer holds text that is not valid Unicode (RFC 8259 §8); it could not be kept."
                );
            }
            writer.WriteEndObject();
        }
        using var document = JsonDocument.Parse(bytes.WrittenMemory);
        return document.RootElement.Clone();
    }
}
