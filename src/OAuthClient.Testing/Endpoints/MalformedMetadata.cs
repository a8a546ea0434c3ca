using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Replaces members of the metadata that a sign-in does not use. A client must ignore them until it uses them.</summary>
internal static class MalformedMetadata
{
    public static void Apply(JsonObject metadata)
    {
        metadata["registration_endpoint"] = "http://internal.example.com/register";
        metadata["revocation_endpoint"] = "/revoke";
        metadata["introspection_endpoint"] = 5;
        metadata["end_session_endpoint"] = new JsonArray("https://server.example.com/logout");
        metadata["check_session_iframe"] = "";
        metadata["mtls_endpoint_aliases"] = "none";
        metadata["token_endpoint_auth_signing_alg_values_supported"] = "RS256";
        metadata["scopes_supported"] = "openid profile";
        metadata["response_modes_supported"] = null;
        metadata["claims_supported"] = new JsonObject();
    }
}
