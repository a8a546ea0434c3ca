using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient;

/// <summary>Builds registration requests (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2).</summary>
internal static class RegistrationRequestBuilder
{
    public const string AuthenticationMethod = "token_endpoint_auth_method";

    private const string Keys = "jwks";
    private const string IdTokenEncryption = "id_token_encrypted_response_alg";
    private const string IdTokenContentEncryption = "id_token_encrypted_response_enc";

    // Members that an update must not take from the registered metadata: those that the server sets (RFC 7592 §2.2), and keys that are no
    // longer configured, which could not decrypt anything.
    private static readonly string[] NotUpdated =
    [
        "client_id_issued_at",
        "client_secret_expires_at",
        "registration_access_token",
        "registration_client_uri",
        Keys,
        IdTokenEncryption,
        IdTokenContentEncryption,
    ];

    /// <summary>
    /// Builds the body of a request that registers a client (RFC 7591 §3.1), or of an update: the registered metadata, overwritten by the
    /// current options (RFC 7592 §2.2).
    /// </summary>
    /// <param name="current">The client's configuration.</param>
    /// <param name="server">The metadata of the server, which states the algorithms to choose from.</param>
    /// <param name="authenticationMethod">The method of authentication to register.</param>
    /// <param name="known">The client to update; <see langword="null"/> to register a new one.</param>
    public static byte[] Build(
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        string authenticationMethod,
        DynamicClient? known = null
    )
    {
        var options = current.DynamicRegistration!;
        var metadata = known is null ? [] : JsonObject.Create(known.Metadata)!;
        foreach (string name in NotUpdated)
            metadata.Remove(name);
        var redirectUri = current.RedirectUris.Count == 0 ? null : current.RedirectUris[0];
        metadata["redirect_uris"] = Texts(current.RedirectUris.Select(uri => uri.OriginalString));
        metadata["response_types"] = Texts(redirectUri is null ? [] : [ParameterNames.Code]);
        metadata["grant_types"] = Texts(
            options.GrantTypes.Count > 0 ? options.GrantTypes
            : redirectUri is null ? ["client_credentials"]
            : ["authorization_code", ParameterNames.RefreshToken]
        );
        metadata[AuthenticationMethod] = authenticationMethod;
        if (redirectUri is not null)
            metadata["application_type"] = options.ApplicationType ?? (redirectUri.Scheme == Uri.UriSchemeHttps ? "web" : "native");
        if (current.Scopes.Count > 0)
            metadata[ParameterNames.Scope] = ScopeList.Join(current.Scopes);
        // RFC 9396 §10
        if (current.AuthorizationDetails is { } details)
            metadata["authorization_details_types"] = Texts(details.Types);
        if (current.Scopes.Contains(ScopeList.OpenId))
            metadata["id_token_signed_response_alg"] = current.Algorithms.ChooseToRegister(
                JwtType.IdToken,
                server.Algorithms.IdTokenSigning
            );
        if (current.SignedIntrospectionResponses)
            metadata["introspection_signed_response_alg"] = current.Algorithms.ChooseToRegister(
                JwtType.Introspection,
                server.Algorithms.IntrospectionSigning
            );
        WriteKeys(metadata, current, server.Algorithms, authenticationMethod);
        if (current.DPoP.IsEnabled)
            metadata["dpop_bound_access_tokens"] = true;
        Add("client_name", options.ClientName);
        Add("initiate_login_uri", options.InitiateLoginUri?.OriginalString);
        AddLogout("backchannel_logout", options.BackChannelLogoutUri);
        AddLogout("frontchannel_logout", options.FrontChannelLogoutUri);
        if (current.PostLogoutRedirectUri is { } postLogoutRedirectUri)
            metadata["post_logout_redirect_uris"] = Texts([postLogoutRedirectUri.OriginalString]);
        Add("software_statement", options.SoftwareStatement);
        foreach (var (name, value) in options.Metadata)
            metadata[name] = value?.DeepClone();
        // jwks must not accompany jwks_uri (RFC 7591 §2), and the content encryption needs a key encryption (OpenID Connect Dynamic Client
        // Registration §2).
        if (metadata["jwks_uri"] is not null && !options.Metadata.ContainsKey(Keys))
            metadata.Remove(Keys);
        if (metadata[IdTokenEncryption] is null)
            metadata.Remove(IdTokenContentEncryption);
        Add(ParameterNames.ClientId, known?.ClientId);
        return Encoding.UTF8.GetBytes(metadata.ToJsonString());

        void Add(string name, string? value)
        {
            if (value is not null)
                metadata[name] = value;
        }

        // The session is required, because a logout without it ends all sessions of the user.
        void AddLogout(string kind, Uri? uri)
        {
            if (uri is not null)
                (metadata[kind + "_uri"], metadata[kind + "_session_required"]) = (uri.OriginalString, true);
        }
    }

    private static void WriteKeys(JsonObject metadata, ClientConfiguration current, OfferedAlgorithms offered, string authenticationMethod)
    {
        var keys = new JsonArray([.. current.DecryptionKeys.Select(key => (JsonNode)key.PublicJwk())]);
        if (authenticationMethod == "private_key_jwt" && current.ClientAssertion.FindSigner() is { } signer)
        {
            var jwk = JsonNode.Parse(signer.PublicJwk)!.AsObject();
            (jwk["use"], jwk["alg"]) = ("sig", signer.Algorithm);
            jwk["kid"] = signer.KeyId ?? PrivateKeyParser.Thumbprint(signer.PublicJwk);
            keys.Add((JsonNode)jwk);
            metadata["token_endpoint_auth_signing_alg"] = signer.Algorithm;
        }
        if (keys.Count == 0)
            return;
        metadata[Keys] = new JsonObject { ["keys"] = keys };
        if (current.DecryptionKeys is not [var first, ..] || !current.Scopes.Contains(ScopeList.OpenId))
            return;
        IReadOnlyList<string> usable =
            first.Algorithm is not null ? [first.Algorithm]
            : first.Curve is null ? ["RSA-OAEP-256", "RSA-OAEP"]
            : ["ECDH-ES+A128KW", "ECDH-ES+A256KW", "ECDH-ES+A192KW", "ECDH-ES"];
        metadata[IdTokenEncryption] = OfferedAlgorithms.Choose(usable, offered.IdTokenKeyEncryption);
        metadata[IdTokenContentEncryption] = OfferedAlgorithms.Choose(JweContentDecryption.Algorithms, offered.IdTokenContentEncryption);
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
