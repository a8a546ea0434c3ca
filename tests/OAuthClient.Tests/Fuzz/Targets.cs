using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;

namespace OAuthClient.Tests;

/// <summary>The parsers of input from browsers, authorization servers and APIs.</summary>
internal static class Targets
{
    public static Target Callback { get; } =
        new(
            "callback",
            [
                $"https://client.example.com/callback?code=SplxlOBeZQQYbYS6WxSbIA&state={SampleAuthorization.State}"
                    + "&iss=https%3A%2F%2Fserver.example.com&session_state=x.y",
                $"?code=SplxlOBeZQQYbYS6WxSbIA&state={SampleAuthorization.State}&iss=https%3A%2F%2Fserver.example.com",
                $"/callback?code=a+b%20c&state={SampleAuthorization.State}&iss=https://server.example.com&scope=openid%20profile",
                $"code=%F0%9F%98%80&state={SampleAuthorization.State}&iss=https://server.example.com",
            ],
            [
                "code=",
                "state=",
                "iss=",
                "error=access_denied",
                "error_description=",
                "id_token=",
                "access_token=x",
                "response=",
                SampleAuthorization.State,
                "https://",
                "[::1]",
                "xn--",
                "client.example.com",
            ],
            input =>
            {
                var response = AuthorizationResponse.Parse(Encoding.UTF8.GetString(input));
                var pending = SampleAuthorization.Pending();
                ValidatedAuthorizationResponse.ValidateCorrelation(
                    pending,
                    response,
                    pending.ClientName,
                    pending.Server,
                    SampleConfiguration.Now
                );
                ValidatedAuthorizationResponse.Validate(pending, response);
            }
        );

    private static readonly ServerAdaptation Nested = new() { TokenPath = ["authed_user"] };

    public static Target TokenResponse { get; } =
        new(
            "token response",
            [
                """{"access_token":"at|1","token_type":"Bearer","expires_in":3600,"refresh_token":"rt","scope":"b a","id_token":"a.b.c"}""",
                """
                {"access_token":"at","token_type":"bearer","expires_in":"3599.5",
                "issued_token_type":"urn:ietf:params:oauth:token-type:access_token","authorization_details":[{"type":"x",
                "locations":["https://a"]}],"nested":{"a":{"b":[1,2,{"c":null}]}}}
                """,
                """{"token_type":"BEARER","access_token":"\u0061t","scope":"","refresh_token":null,"error":null,"\u0061":1}""",
                """{"ok":true,"team":{"id":"T1"},"authed_user":{"access_token":"at","scope":["a","b"],"refresh_expires_in":5}}""",
                "access_token=at&token_type=bearer&scope=a%2Cb&expires_in=3600",
            ],
            [
                "\"access_token\":",
                "\"token_type\":",
                "\"expires_in\":",
                "\"refresh_token\":",
                "\"scope\":",
                "\"id_token\":",
                "\"error\":",
                "\"error_description\":",
                "\"invalid_grant\"",
                "\"Bearer\"",
                "\"DPoP\"",
                "\"message\":",
                "\"errors\":[",
                "\"claims\":",
                "\"refresh_token_expires_in\":",
                "\"team\":{\"a\":1,\"a\":2},",
                "\"team\":\"\\ud800\",",
                "\"authed_user\":",
                "access_token=a&scope=b&error=",
                "[",
                "{\"a\":",
                "\"a\":[",
                "<html>",
            ],
            input =>
            {
                // Its tokens may be in the object of the path or at the top.
                var request = TokenRequest.Refresh(new("rt"), ["a"]);
                var response = TokenResponseReader.Read(Response(input), request, key: null, Nested, out _);
                // What is kept of any response can be stored and read again.
                var grant = new Grant("g", "c", GrantOwner.User("1"), "https://as.example", "id").Refreshed(
                    response,
                    "",
                    SampleConfiguration.Now
                );
                foreach (var member in GrantSerializer.Deserialize(GrantSerializer.Serialize(grant)).TokenResponseMembers.Values)
                    member.Reveal();
                response.EnsureUsable();
            }
        );

    public static Target Metadata { get; } =
        new(
            "metadata",
            [
                """
                {"issuer":"https://server.example.com","authorization_endpoint":"https://server.example.com/authorize?a=b",
                "token_endpoint":"https://server.example.com/token","jwks_uri":"https://server.example.com/jwks",
                "userinfo_endpoint":"https://server.example.com/userinfo",
                "revocation_endpoint":"https://server.example.com/revoke","response_types_supported":["code"],
                "code_challenge_methods_supported":["S256"],"token_endpoint_auth_methods_supported":["client_secret_basic",
                "none"],"authorization_response_iss_parameter_supported":true}
                """,
                """
                {"issuer":"https://server.example.com","token_endpoint":"https://server.example.com/token",
                "mtls_endpoint_aliases":{"token_endpoint":"https://mtls.example.com/token"},
                "end_session_endpoint":"https://server.example.com/logout",
                "introspection_endpoint":"https://server.example.com/introspect",
                "registration_endpoint":"https://server.example.com/register"}
                """,
            ],
            [
                "\"issuer\":",
                "\"token_endpoint\":",
                "\"jwks_uri\":",
                "http://",
                "file:///etc/passwd",
                "https://127.0.0.1",
                "javascript:",
                "\\\\unc\\share",
                "https://user:password@",
                "\"plain\"",
                "[",
                "{\"a\":",
                "\"a\":[",
            ],
            input =>
            {
                if (Response(input).TolerantJson() is not { } json)
                    throw new OAuthException("No JSON object.");
                if (ServerMetadataReader.Read(json, new(allowLoopback: true, [])) is not { } server)
                    return;
                foreach (var endpoint in ServerEndpoint.All)
                    _ = server.Find(endpoint);
            }
        );

    public static Target Challenge { get; } =
        new(
            "challenge",
            [
                """Bearer realm="photos", error="invalid_token", error_description="The token \"x\" expired", """
                    + """error_uri="https://api.example.com/e", scope="a b", """
                    + """resource_metadata="https://api.example.com/.well-known/oauth-protected-resource" """,
                "Bearer error=insufficient_user_authentication, acr_values=\"a b\", max_age=300",
                "DPoP algs=\"ES256\", error=\"use_dpop_nonce\"\nBearer scope=\"c\"",
                "Basic realm=\"x\", Bearer realm=\"y\"",
            ],
            ["Bearer", "bearer ", "DPoP", "error=", "\"", "\\\"", "scope=", "realm=", ", ", "max_age=", "resource_metadata=", "=", "\""],
            input =>
            {
                using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
                foreach (string value in Encoding.Latin1.GetString(input).Split('\n'))
                    response.Headers.TryAddWithoutValidation("WWW-Authenticate", value);
                new ApiResponseClassifier(TimeProvider.System).Classify(response, new("at", default, expiresAt: null, [], []));
                var found = BearerChallenge.Find(response);
                if (found is { Error.Length: > 256 } or { Realm.Length: > 256 } or { ErrorDescription.Length: > 256 })
                    throw new AssertionException("The text is not truncated.");
            }
        );

    public static Target Registration { get; } =
        new(
            "registration",
            [
                """
                {"client_id":"c","client_secret":"s","client_secret_expires_at":0,"client_id_issued_at":1893499200,
                "registration_client_uri":"https://server.example.com/register/c","registration_access_token":"rat",
                "redirect_uris":["https://client.example.com/callback"],"response_types":["code"],
                "grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"client_secret_basic",
                "client_name":"Photos","jwks":{"keys":[{"kty":"RSA"}]}}
                """,
                """{"client_id":"c","token_endpoint_auth_method":"none","contacts":["a@example.com"],"client_name#tr":"Foto\u011fraf"}""",
            ],
            [
                "\"client_id\":",
                "\"client_secret\":",
                "\"client_secret_expires_at\":",
                "\"registration_client_uri\":",
                "\"registration_access_token\":",
                "\"redirect_uris\":",
                "http://",
                "1e308",
                "[",
                "{\"a\":",
                "\"a\":[",
            ],
            input =>
            {
                if (Response(input).Json() is not { } json)
                    throw new OAuthException("No JSON object.");
                var client = RegistrationResponseReader.Read(
                    json,
                    SampleConfiguration.Create(),
                    new(SampleConfiguration.Issuer),
                    known: null,
                    "client_secret_basic",
                    SampleConfiguration.Now
                );
                DynamicClient.Unprotect(client.Protect(data => data), data => data);
            }
        );

    public static Target Introspection { get; } =
        new(
            "introspection",
            [
                """
                {"active":true,"scope":"a b","client_id":"c","username":"alice","token_type":"Bearer","exp":1893502800,
                "iat":1893499200,"nbf":1893499200,"sub":"alice","aud":["a","b"],"iss":"https://server.example.com","jti":"j"}
                """,
                """{"active":false}""",
            ],
            ["\"active\":", "\"scope\":", "\"exp\":", "\"iat\":", "\"aud\":", "\"sub\":", "1e308", "-1", "[", "{\"a\":", "\"a\":["],
            input =>
            {
                if (Response(input).Json() is not { } json)
                    throw new OAuthException("No JSON object.");
                _ = new IntrospectedToken(json);
            }
        );

    /// <summary>Creates a complete response of an endpoint, as the back channel returns it.</summary>
    public static BackChannelResponse Response(byte[] body)
    {
        using ByteArrayContent content = new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        var request = new BackChannelRequest("token endpoint", new("https://server.example.com/token"));
        // Content in memory is read synchronously.
        var reading = BufferedResponseContent.ReadAsync(content, SampleConfiguration.Now, request, CancellationToken.None);
#pragma warning disable VSTHRD002 // It has completed.
        var answer = reading.IsCompletedSuccessfully
            ? reading.Result
            : throw new AssertionException("The content was not read synchronously.");
#pragma warning restore VSTHRD002
        return new(request, HttpStatusCode.OK, answer, retryAfter: null, credentials: []);
    }
}
