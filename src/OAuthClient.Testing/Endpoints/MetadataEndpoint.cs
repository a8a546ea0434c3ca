using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Serves the authorization server metadata (RFC 8414 §2, OpenID Connect Discovery §3) and the key set.</summary>
internal sealed class MetadataEndpoint(ServerState server)
{
    public Reply Metadata(RecordedRequest request)
    {
        if (request.Method is not ("GET" or "HEAD"))
            return Reply.MethodNotAllowed("GET, HEAD");
        TestAuthorizationServerOptions options = server.Options;
        JsonObject metadata = new()
        {
            ["issuer"] = server.IssuerTemplate ?? server.Issuer,
            ["authorization_endpoint"] = server.Address("/authorize"),
            ["token_endpoint"] = server.Address("/token"),
            ["device_authorization_endpoint"] = server.Address(DeviceAuthorizationEndpoint.Path),
            ["revocation_endpoint"] = server.Address("/revoke"),
            ["introspection_endpoint"] = server.Address("/introspect"),
            ["userinfo_endpoint"] = server.Address("/userinfo"),
            ["end_session_endpoint"] = server.Address("/logout"),
            ["jwks_uri"] = server.Address("/jwks"),
            ["scopes_supported"] = List(options.ScopesSupported.Order(StringComparer.Ordinal)),
            ["response_types_supported"] = List(["code"]),
            ["response_modes_supported"] = List(["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]),
            ["authorization_signing_alg_values_supported"] = List(server.Algorithms),
            ["grant_types_supported"] = List(["authorization_code", "refresh_token", "client_credentials", TokenEndpoint.DeviceCodeGrant]),
            ["token_endpoint_auth_methods_supported"] = List(server.AuthenticationMethods),
            ["token_endpoint_auth_signing_alg_values_supported"] = List(server.Algorithms),
            ["revocation_endpoint_auth_methods_supported"] = List(server.AuthenticationMethods),
            ["introspection_endpoint_auth_methods_supported"] = List(server.AuthenticationMethods.Where(method => method is not "none")),
            ["introspection_signing_alg_values_supported"] = List(server.Algorithms),
            ["introspection_encryption_alg_values_supported"] = List(JsonWebEncryption.KeyAlgorithms),
            ["introspection_encryption_enc_values_supported"] = List(JsonWebEncryption.ContentAlgorithms),
            ["code_challenge_methods_supported"] = List(options.CodeChallengeMethods),
            ["subject_types_supported"] = List(["public"]),
            ["id_token_signing_alg_values_supported"] = List(server.Algorithms),
            ["id_token_encryption_alg_values_supported"] = List(JsonWebEncryption.KeyAlgorithms),
            ["id_token_encryption_enc_values_supported"] = List(JsonWebEncryption.ContentAlgorithms),
            ["userinfo_signing_alg_values_supported"] = List(server.Algorithms),
            ["userinfo_encryption_alg_values_supported"] = List(JsonWebEncryption.KeyAlgorithms),
            ["userinfo_encryption_enc_values_supported"] = List(JsonWebEncryption.ContentAlgorithms),
            ["claim_types_supported"] = List(["normal", "aggregated", "distributed"]),
            ["prompt_values_supported"] = List(["none", "login", "consent", "select_account"]),
            ["backchannel_logout_supported"] = true,
            ["backchannel_logout_session_supported"] = true,
            ["frontchannel_logout_supported"] = true,
            ["frontchannel_logout_session_supported"] = true,
            ["pushed_authorization_request_endpoint"] = server.Address("/par"),
            ["require_pushed_authorization_requests"] = options.RequirePushedAuthorizationRequests,
            ["require_signed_request_object"] = options.RequireSignedAuthorizationRequests,
            ["dpop_signing_alg_values_supported"] = List(server.AsymmetricAlgorithms),
            ["request_parameter_supported"] = true,
            ["request_object_signing_alg_values_supported"] = List(server.AsymmetricAlgorithms),
            ["request_uri_parameter_supported"] = false,
            ["authorization_response_iss_parameter_supported"] = server.SendsIssuer,
        };
        if (options.AcrValuesSupported.Count > 0)
            metadata["acr_values_supported"] = List(options.AcrValuesSupported.Order(StringComparer.Ordinal));
        if (options.AuthorizationDetailsTypes.Count > 0)
            metadata["authorization_details_types_supported"] = List(options.AuthorizationDetailsTypes.Keys.Order(StringComparer.Ordinal));
        if (options.AllowRegistration)
            metadata["registration_endpoint"] = server.Address("/register");
        if (server.Certificates is not null)
        {
            metadata["tls_client_certificate_bound_access_tokens"] = options.BindTokensToCertificates;
            metadata["mtls_endpoint_aliases"] = Aliases(metadata);
        }

        ParameterDefects.ApplyToMetadata(options.Defect, metadata);
        if (options.PublishMalformedMetadata)
            MalformedMetadata.Apply(metadata);
        options.OnMetadata?.Invoke(metadata);
        return Reply.Json(200, metadata);
    }

    public Reply Keys(RecordedRequest request)
    {
        if (request.Method is not ("GET" or "HEAD"))
            return Reply.MethodNotAllowed("GET, HEAD");
        JsonObject keys = server.Keys.ToJsonWebKeySet(
            server.SigningAlgorithms(),
            server.Options.PublishKeyIds,
            server.Options.PublishDecoyKeys
        );
        if (server.IssuerTemplate is { } template)
        {
            foreach (JsonNode? key in keys["keys"]!.AsArray())
                key!["issuer"] = template;
        }

        if (server.Options.PublishMalformedKeys)
        {
            JsonArray all = keys["keys"]!.AsArray();
            foreach (JsonNode? malformed in MalformedKeys.Create(all[^1]!.AsObject()).Reverse().ToList())
                all.Insert(0, malformed);
        }

        server.Options.OnJwks?.Invoke(keys);
        return Reply.Json(200, keys);
    }

    /// <summary>Returns the mutual-TLS aliases of the endpoints that clients call (RFC 8705 §5).</summary>
    private JsonObject Aliases(JsonObject metadata)
    {
        JsonObject aliases = new();
        foreach (
            string name in new[]
            {
                "token_endpoint",
                "device_authorization_endpoint",
                "pushed_authorization_request_endpoint",
                "revocation_endpoint",
                "introspection_endpoint",
                "userinfo_endpoint",
                "registration_endpoint",
            }
        )
        {
            if ((string?)metadata[name] is { } address)
                aliases[name] = server.AddressForCertificates(address[server.Issuer.Length..]);
        }

        return aliases;
    }

    private static JsonArray List(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
