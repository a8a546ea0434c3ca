using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient;

/// <summary>What a client asks to be registered with (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2).</summary>
internal static class RegistrationRequestBuilder
{
    public const string AuthenticationMethod = "token_endpoint_auth_method";

    private const string Keys = "jwks";
    private const string IdTokenEncryption = "id_token_encrypted_response_alg";
    private const string IdTokenContentEncryption = "id_token_encrypted_response_enc";

    // The server's own words about a client, which an update must not say back (RFC 7592 §2.2).
    private static readonly string[] ServersOwn =
    [
        "client_id_issued_at",
        "client_secret_expires_at",
        "registration_access_token",
        "registration_client_uri",
    ];

    /// <summary>For a new client.</summary>
    public static byte[] ForRegistration(ClientConfiguration current, DynamicRegistrationOptions options, string authenticationMethod)
    {
        JsonObject metadata = [];
        Write(metadata, current, options, authenticationMethod);
        return Bytes(metadata);
    }

    /// <summary>For one that there is: all that the server said of it, less what was its own, and what is wanted now (RFC 7592 §2.2).</summary>
    public static byte[] ForUpdate(
        DynamicClient known,
        ClientConfiguration current,
        DynamicRegistrationOptions options,
        string authenticationMethod
    )
    {
        var metadata = JsonNode.Parse(known.Metadata.GetRawText())!.AsObject();
        foreach (string own in ServersOwn)
            metadata.Remove(own);
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
        if (ScopeList.Contains(current.Scopes, ScopeList.OpenId))
            metadata["id_token_signed_response_alg"] = current.IdTokenSigningAlgorithms[0];
        if (current.SignedIntrospectionResponses)
            metadata["introspection_signed_response_alg"] = current.IdTokenSigningAlgorithms[0];
        WriteEncryption(metadata, current);
        Add("client_name", options.ClientName);
        Add("initiate_login_uri", options.InitiateLoginUri?.OriginalString);
        AddLogout("backchannel_logout", options.BackChannelLogoutUri);
        AddLogout("frontchannel_logout", options.FrontChannelLogoutUri);
        if (current.PostLogoutRedirectUri is { } afterwards)
            metadata["post_logout_redirect_uris"] = Texts([afterwards.OriginalString]);
        Add("software_statement", options.SoftwareStatement);
        foreach (var (name, value) in options.Metadata)
            metadata[name] = value?.DeepClone();
        // Neither beside another place for the keys (RFC 7591 §2), nor without a way to use them (OpenID Connect Dynamic Client Registration §2).
        if (metadata["jwks_uri"] is not null && !options.Metadata.ContainsKey(Keys))
            metadata.Remove(Keys);
        if (metadata[IdTokenEncryption] is null)
            metadata.Remove(IdTokenContentEncryption);

        void Add(string name, string? value)
        {
            if (value is not null)
                metadata[name] = value;
        }

        // Which of the user's sessions ended is part of what is wanted: without it all of them would.
        void AddLogout(string kind, Uri? uri)
        {
            if (uri is not null)
                (metadata[kind + "_uri"], metadata[kind + "_session_required"]) = (uri.OriginalString, true);
        }
    }

    private static void WriteEncryption(JsonObject metadata, ClientConfiguration current)
    {
        // What was registered with keys that are no longer there could not be opened.
        foreach (string name in (string[])[Keys, IdTokenEncryption, IdTokenContentEncryption])
            metadata.Remove(name);
        if (current.DecryptionKeys is not [var first, ..])
            return;
        metadata[Keys] = new JsonObject { ["keys"] = new JsonArray([.. current.DecryptionKeys.Select(key => (JsonNode)key.PublicJwk())]) };
        if (!ScopeList.Contains(current.Scopes, ScopeList.OpenId))
            return;
        metadata[IdTokenEncryption] = first.Algorithm ?? (first.Curve is null ? "RSA-OAEP-256" : "ECDH-ES+A128KW");
        metadata[IdTokenContentEncryption] = "A128CBC-HS256";
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static byte[] Bytes(JsonObject metadata) => Encoding.UTF8.GetBytes(metadata.ToJsonString());
}
