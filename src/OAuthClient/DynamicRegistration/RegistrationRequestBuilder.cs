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

    // Members that the server sets, which an update must not contain (RFC 7592 §2.2).
    private static readonly string[] ServerMembers =
    [
        "client_id_issued_at",
        "client_secret_expires_at",
        "registration_access_token",
        "registration_client_uri",
    ];

    /// <summary>Builds the body of a request that registers a new client.</summary>
    public static byte[] ForRegistration(ClientConfiguration current, DynamicRegistrationOptions options, string authenticationMethod)
    {
        JsonObject metadata = [];
        Write(metadata, current, options, authenticationMethod);
        return Bytes(metadata);
    }

    /// <summary>
    /// Builds the body of an update: the registered metadata without the members that the server sets, overwritten by the current options
    /// (RFC 7592 §2.2).
    /// </summary>
    public static byte[] ForUpdate(
        DynamicClient known,
        ClientConfiguration current,
        DynamicRegistrationOptions options,
        string authenticationMethod
    )
    {
        var metadata = JsonNode.Parse(known.Metadata.GetRawText())!.AsObject();
        foreach (string name in ServerMembers)
            metadata.Remove(name);
        Write(metadata, current, options, authenticationMethod);
        metadata[ParameterNames.ClientId] = known.ClientId;
        return Bytes(metadata);
    }

    private static void Write(
        JsonObject metadata,
        ClientConfiguration current,
        DynamicRegistrationOptions options,
        string authenticationMethod
    )
    {
        var redirectUri = current.RedirectUri;
        metadata["redirect_uris"] = Texts(redirectUri is null ? [] : [redirectUri.OriginalString]);
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
        if (current.Scopes.Contains(ScopeList.OpenId))
            metadata["id_token_signed_response_alg"] = current.IdTokenSigningAlgorithms[0];
        if (current.SignedIntrospectionResponses)
            metadata["introspection_signed_response_alg"] = current.IdTokenSigningAlgorithms[0];
        WriteEncryption(metadata, current);
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

    private static void WriteEncryption(JsonObject metadata, ClientConfiguration current)
    {
        // Keys that were registered before and are no longer configured could not decrypt anything.
        foreach (string name in (string[])[Keys, IdTokenEncryption, IdTokenContentEncryption])
            metadata.Remove(name);
        if (current.DecryptionKeys is not [var first, ..])
            return;
        metadata[Keys] = new JsonObject { ["keys"] = new JsonArray([.. current.DecryptionKeys.Select(key => (JsonNode)key.PublicJwk())]) };
        if (!current.Scopes.Contains(ScopeList.OpenId))
            return;
        metadata[IdTokenEncryption] = first.Algorithm ?? (first.Curve is null ? "RSA-OAEP-256" : "ECDH-ES+A128KW");
        metadata[IdTokenContentEncryption] = "A128CBC-HS256";
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static byte[] Bytes(JsonObject metadata) => Encoding.UTF8.GetBytes(metadata.ToJsonString());
}
