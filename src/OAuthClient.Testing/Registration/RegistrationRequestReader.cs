using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Makes a client of its metadata (RFC 7591 §2, OpenID Connect Registration §2).</summary>
internal static class RegistrationRequestReader
{
    /// <param name="asked">The metadata sent.</param>
    /// <param name="server">Who registers.</param>
    /// <param name="clientId">The client's identifier.</param>
    /// <param name="secret">Its secret, should it need one, and when that expires.</param>
    /// <returns>The client, and the metadata as they are registered.</returns>
    /// <exception cref="OAuthErrorException">The metadata are wrong.</exception>
    public static (TestClient Client, JsonObject Registered) Read(
        JsonObject asked,
        ServerState server,
        string clientId,
        (string Value, DateTimeOffset? ExpiresAt) secret
    )
    {
        MetadataMembers members = new(asked);
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
        if (asked.ContainsKey("jwks_uri"))
            throw OAuthErrorException.InvalidClientMetadata("The jwks_uri is not supported; send jwks.");
        bool needsSecret = method is "client_secret_basic" or "client_secret_post";
        TestClient client = new()
        {
            ClientId = clientId,
            ClientSecret = needsSecret ? secret.Value : null,
            ClientSecretExpiresAt = needsSecret ? secret.ExpiresAt : null,
            AuthenticationMethod = method,
            CertificateSubject = members.Text("tls_client_auth_subject_dn"),
            DisplayName = members.Text("client_name"),
            RedirectUris = [.. redirectUris],
            AllowAnyLoopbackPort = native,
            AllowedGrantTypes = grantTypes.ToHashSet(StringComparer.Ordinal),
            AllowedScopes = Scopes(members, server),
            PublicKeys = Keys(members),
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
            BackChannelLogoutUri = members.WebPage("backchannel_logout_uri"),
            FrontChannelLogoutUri = members.WebPage("frontchannel_logout_uri"),
            InitiateLoginUri = members.WebPage("initiate_login_uri"),
        };
        members.Keep(
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
        return ClientRules.Problem(client) is { } problem
            ? throw OAuthErrorException.InvalidClientMetadata(problem)
            : (client, members.Registered);
    }

    /// <summary>http only where no network is between (RFC 8252 §7.3); a scheme of one's own only with a dot in it (§7.1).</summary>
    private static IReadOnlyList<string> RedirectUris(MetadataMembers members)
    {
        IReadOnlyList<string> uris = members.Texts("redirect_uris");
        return uris.FirstOrDefault(uri => !IsSound(uri)) is { } bad
            ? throw new OAuthErrorException(
                "invalid_redirect_uri",
                $"The redirect_uri {bad} is not absolute, has a fragment, or is neither https, http on loopback nor a private scheme."
            )
            : uris;

        static bool IsSound(string text) =>
            Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
            && !text.Contains('#', StringComparison.Ordinal)
            && (uri.Scheme is "https" || (uri.Scheme is "http" && uri.IsLoopback) || uri.Scheme.Contains('.', StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> GrantTypes(MetadataMembers members, IReadOnlyList<string> redirectUris, string method)
    {
        IReadOnlyList<string> grantTypes = members.Texts("grant_types", "authorization_code");
        if (grantTypes.FirstOrDefault(type => type is not ("authorization_code" or "refresh_token" or "client_credentials")) is { } unknown)
            throw OAuthErrorException.InvalidClientMetadata($"The grant_type {unknown} is not supported.");
        bool byCode = grantTypes.Contains("authorization_code");
        IReadOnlyList<string> responseTypes = byCode ? members.Texts("response_types", "code") : members.Texts("response_types");
        if (responseTypes.Any(type => type is not "code") || responseTypes.Contains("code") != byCode)
            throw OAuthErrorException.InvalidClientMetadata(
                "The response_types must be code with the grant_type authorization_code, and none without it."
            );
        if (byCode && redirectUris is [])
            throw new OAuthErrorException("invalid_redirect_uri", "The grant_type authorization_code needs redirect_uris.");
        return method is "none" && grantTypes.Contains("client_credentials")
            ? throw OAuthErrorException.InvalidClientMetadata(
                "The grant_type client_credentials needs a token_endpoint_auth_method other than none."
            )
            : grantTypes;
    }

    /// <summary>What does not exist here is left out, and the answer says so (RFC 7591 §3.2.1).</summary>
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

    private static JsonObject? Keys(MetadataMembers members)
    {
        JsonObject? set = members.Object("jwks");
        if (
            set is not null
            && (
                set["keys"] is not JsonArray keys
                || keys.Any(key => key is not JsonObject one || one.ContainsKey("d") || one.ContainsKey("k"))
            )
        )
            throw OAuthErrorException.InvalidClientMetadata("The jwks must be a JSON Web Key Set of public keys.");
        return set;
    }
}
