using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Creates a client from client metadata (RFC 7591 §2, OpenID Connect Registration §2).</summary>
internal static class RegistrationRequestReader
{
    /// <summary>Creates a client.</summary>
    /// <param name="requested">The metadata in the request.</param>
    /// <param name="server">The server that registers the client.</param>
    /// <param name="clientId">The client identifier.</param>
    /// <param name="secret">The secret and its expiry, for a client that authenticates with a secret.</param>
    /// <returns>The client and its registered metadata.</returns>
    /// <exception cref="OAuthErrorException">The metadata are invalid.</exception>
    public static (TestClient Client, JsonObject Registered) Read(
        JsonObject requested,
        ServerState server,
        string clientId,
        (string Value, DateTimeOffset? ExpiresAt) secret
    )
    {
        MetadataMembers members = new(requested);
        IReadOnlyList<string> redirectUris = RedirectUris(members);
        string method = members.Text("token_endpoint_auth_method", "client_secret_basic")!;
        if (!server.AuthenticationMethods.Contains(method))
            throw OAuthErrorException.InvalidClientMetadata($"The token_endpoint_auth_method {method} is not supported.");
        IReadOnlyList<string> grantTypes = GrantTypes(members, redirectUris, method);
        bool native = members.Text("application_type", "web") switch
        {
            "web" => false,
            "native" => true,
            _ => throw OAuthErrorException.InvalidClientMetadata("The application_type must be web or native."),
        };
        if (members.Text("subject_type", "public") is not "public")
            throw OAuthErrorException.InvalidClientMetadata("The subject_type must be public.");
        if (requested.ContainsKey("jwks_uri"))
            throw OAuthErrorException.InvalidClientMetadata("The jwks_uri is not supported; send jwks.");
        bool requiresSecret = method is "client_secret_basic" or "client_secret_post" or "client_secret_jwt";
        TestClient client = new()
        {
            ClientId = clientId,
            ClientSecret = requiresSecret ? secret.Value : null,
            ClientSecretExpiresAt = requiresSecret ? secret.ExpiresAt : null,
            AuthenticationMethod = method,
            CertificateSubject = members.Text("tls_client_auth_subject_dn"),
            DisplayName = members.Text("client_name"),
            RedirectUris = [.. redirectUris],
            AllowAnyLoopbackPort = native,
            AllowedGrantTypes = grantTypes.ToHashSet(StringComparer.Ordinal),
            AllowedScopes = Scopes(members, server),
            AllowedAuthorizationDetailsTypes = DetailsTypes(members, requested, server),
            PublicKeys = Keys(members),
            RequireDPoP = members.Flag("dpop_bound_access_tokens"),
            RequireCertificateBoundTokens = members.Flag("tls_client_certificate_bound_access_tokens"),
            IdTokenSigningAlgorithm = members.Text("id_token_signed_response_alg", server.Options.SigningAlgorithm),
            IdTokenEncryptionAlgorithm = members.Text("id_token_encrypted_response_alg"),
            IdTokenContentEncryptionAlgorithm = members.Text("id_token_encrypted_response_enc"),
            UserInfoSigningAlgorithm = members.Text("userinfo_signed_response_alg"),
            UserInfoEncryptionAlgorithm = members.Text("userinfo_encrypted_response_alg"),
            UserInfoContentEncryptionAlgorithm = members.Text("userinfo_encrypted_response_enc"),
            IntrospectionSigningAlgorithm = members.Text("introspection_signed_response_alg"),
            IntrospectionEncryptionAlgorithm = members.Text("introspection_encrypted_response_alg"),
            IntrospectionContentEncryptionAlgorithm = members.Text("introspection_encrypted_response_enc"),
            PostLogoutRedirectUris = [.. members.Texts("post_logout_redirect_uris")],
            BackChannelLogoutUri = members.HttpUri("backchannel_logout_uri"),
            FrontChannelLogoutUri = members.HttpUri("frontchannel_logout_uri"),
            InitiateLoginUri = members.HttpUri("initiate_login_uri"),
        };
        members.Copy(
            "client_uri",
            "logo_uri",
            "policy_uri",
            "tos_uri",
            "contacts",
            "software_id",
            "software_version",
            "backchannel_logout_session_required",
            "frontchannel_logout_session_required"
        );
        return ClientRules.Problem(client, server.Options) is { } problem
            ? throw OAuthErrorException.InvalidClientMetadata(problem)
            : (client, members.Registered);
    }

    /// <summary>
    /// Validates the redirect URIs: HTTP only for loopback addresses (RFC 8252 §7.3), a private-use scheme only with a dot in its name
    /// (§7.1).
    /// </summary>
    private static IReadOnlyList<string> RedirectUris(MetadataMembers members)
    {
        IReadOnlyList<string> uris = members.Texts("redirect_uris");
        return uris.FirstOrDefault(uri => !IsValid(uri)) is { } invalid
            ? throw new OAuthErrorException(
                "invalid_redirect_uri",
                $"The redirect_uri {invalid} must be absolute without a fragment, with https, http on loopback or a private-use scheme."
            )
            : uris;

        static bool IsValid(string text) =>
            Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
            && !text.Contains('#', StringComparison.Ordinal)
            && (uri.Scheme is "https" || (uri.Scheme is "http" && uri.IsLoopback) || uri.Scheme.Contains('.', StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> GrantTypes(MetadataMembers members, IReadOnlyList<string> redirectUris, string method)
    {
        IReadOnlyList<string> grantTypes = members.Texts("grant_types", "authorization_code");
        if (grantTypes.FirstOrDefault(type => type is not ("authorization_code" or "refresh_token" or "client_credentials")) is { } unknown)
            throw OAuthErrorException.InvalidClientMetadata($"The grant_type {unknown} is not supported.");
        bool usesCode = grantTypes.Contains("authorization_code");
        IReadOnlyList<string> responseTypes = usesCode ? members.Texts("response_types", "code") : members.Texts("response_types");
        if (responseTypes.Any(type => type is not "code") || responseTypes.Contains("code") != usesCode)
            throw OAuthErrorException.InvalidClientMetadata(
                "The response_types must be code for the grant_type authorization_code, and empty otherwise."
            );
        if (usesCode && redirectUris is [])
            throw new OAuthErrorException("invalid_redirect_uri", "The grant_type authorization_code requires redirect_uris.");
        return method is "none" && grantTypes.Contains("client_credentials")
            ? throw OAuthErrorException.InvalidClientMetadata(
                "The grant_type client_credentials requires a token_endpoint_auth_method other than none."
            )
            : grantTypes;
    }

    /// <summary>Removes unsupported scopes. The response contains the remaining ones (RFC 7591 §3.2.1).</summary>
    private static HashSet<string>? Scopes(MetadataMembers members, ServerState server)
    {
        if (members.Text("scope") is not { } scope)
            return null;
        HashSet<string> scopes = scope
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Where(server.Options.ScopesSupported.Contains)
            .ToHashSet(StringComparer.Ordinal);
        members.Registered["scope"] = string.Join(' ', scopes);
        return scopes;
    }

    /// <summary>Validates the types of authorization details (RFC 9396 §10).</summary>
    private static HashSet<string>? DetailsTypes(MetadataMembers members, JsonObject requested, ServerState server)
    {
        if (!requested.ContainsKey("authorization_details_types"))
            return null;
        IReadOnlyList<string> types = members.Texts("authorization_details_types");
        return types.FirstOrDefault(type => !server.Options.AuthorizationDetailsTypes.ContainsKey(type)) is { } unknown
            ? throw OAuthErrorException.InvalidClientMetadata($"The authorization_details_types {unknown} is not supported.")
            : types.ToHashSet(StringComparer.Ordinal);
    }

    private static JsonObject? Keys(MetadataMembers members)
    {
        JsonObject? set = members.Object("jwks");
        if (
            set is not null
            && (
                set["keys"] is not JsonArray keys
                || keys.Any(key => key is not JsonObject keyObject || keyObject.ContainsKey("d") || keyObject.ContainsKey("k"))
            )
        )
            throw OAuthErrorException.InvalidClientMetadata("The jwks must be a JSON Web Key Set of public keys.");
        return set;
    }
}
