using System.Net;
using System.Text.Json.Nodes;
using static OAuthClient.Testing.Tests.RegistrationRequests;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests dynamic client registration (RFC 7591).</summary>
[TestFixture]
internal sealed class RegistrationTests
{
    [Test, Description("RFC 7591 §3.2.1: the response contains the registered metadata, including defaults")]
    public async Task Omitted_metadata_have_default_values()
    {
        await using TestBed bed = await StartAsync();

        JsonObject response = await RegisterAsync(bed, "{" + Redirects + ",\"unknown_member\":\"value\"}");

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)response["token_endpoint_auth_method"], Is.EqualTo("client_secret_basic"));
            Assert.That(response["grant_types"]!.ToJsonString(), Is.EqualTo("""["authorization_code"]"""));
            Assert.That(response["response_types"]!.ToJsonString(), Is.EqualTo("""["code"]"""));
            Assert.That(response["redirect_uris"]!.ToJsonString(), Is.EqualTo($"[\"{TestBed.RedirectUri}\"]"));
            Assert.That((string?)response["id_token_signed_response_alg"], Is.EqualTo("RS256"));
            Assert.That((long?)response["client_id_issued_at"], Is.EqualTo(bed.Clock.GetUtcNow().ToUnixTimeSeconds()));
            Assert.That((long?)response["client_secret_expires_at"], Is.Zero, "the secret does not expire");
            Assert.That(
                (string?)response["registration_client_uri"],
                Is.EqualTo(bed.Server.RegistrationEndpoint + "/" + (string?)response["client_id"])
            );
            Assert.That((string?)response["registration_access_token"], Is.Not.Empty);
            Assert.That(response.ContainsKey("unknown_member"), Is.False, "RFC 7591 §2: unknown members are ignored");
            Assert.That(
                (string?)(await bed.MetadataAsync())["registration_endpoint"],
                Is.EqualTo(bed.Server.RegistrationEndpoint.AbsoluteUri)
            );
        }
    }

    [Test, Description("RFC 7591 §2: the registered metadata take effect")]
    public async Task Registered_metadata_take_effect()
    {
        await using TestBed bed = await StartAsync();
        JsonObject response = await RegisterAsync(
            bed,
            "{"
                + Redirects
                + """
                ,"client_name":"Registered","token_endpoint_auth_method":"client_secret_post",
                "grant_types":["authorization_code","refresh_token"],"scope":"openid api offline_access unknown",
                "id_token_signed_response_alg":"ES256","userinfo_signed_response_alg":"PS256"}
                """
        );
        string id = (string)response["client_id"]!;
        string secret = (string)response["client_secret"]!;
        string code = TestBed.Query(
            await bed.Server.SignInAsync(bed.AuthorizationUri(("client_id", id), ("scope", "openid api offline_access")))
        )["code"];
        (string, string?)[] redemption =
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", TestBed.RedirectUri),
            ("code_verifier", TestBed.Verifier),
        ];

        string? withBasic = await TestBed.ErrorAsync(
            await bed.PostAsync(bed.Server.TokenEndpoint, TestBed.Basic(id, secret), redemption),
            HttpStatusCode.Unauthorized
        );
        JsonObject tokens = await TestBed.JsonAsync(
            await bed.PostAsync(bed.Server.TokenEndpoint, null, [.. redemption, ("client_id", id), ("client_secret", secret)]),
            HttpStatusCode.OK
        );
        using HttpResponseMessage userInfo = await bed.GetAsync(bed.Server.UserInfoEndpoint, (string)tokens["access_token"]!);
        string? clientCredentials = await TestBed.ErrorAsync(
            await bed.PostAsync(
                bed.Server.TokenEndpoint,
                null,
                ("grant_type", "client_credentials"),
                ("client_id", id),
                ("client_secret", secret)
            )
        );
        var additionalScope = TestBed.Query(
            await bed.Server.SignInAsync(bed.AuthorizationUri(("client_id", id), ("scope", "openid email")))
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                (string?)response["scope"],
                Is.EqualTo("openid api offline_access"),
                "RFC 7591 §3.2.1: the response contains replaced values"
            );
            Assert.That(withBasic, Is.EqualTo("invalid_client"));
            Assert.That((string?)Jose.Header((string)tokens["id_token"]!)["alg"], Is.EqualTo("ES256"));
            Assert.That((string?)Jose.Header(await userInfo.Content.ReadAsStringAsync())["alg"], Is.EqualTo("PS256"));
            Assert.That(tokens.ContainsKey("refresh_token"), Is.True);
            Assert.That(clientCredentials, Is.EqualTo("unauthorized_client"));
            Assert.That(additionalScope["error"], Is.EqualTo("invalid_scope"));
            Assert.That(bed.Server.Clients.Single(client => client.ClientId == id).DisplayName, Is.EqualTo("Registered"));
        }
    }

    [Test, Description("RFC 7591 §2: a client with token_endpoint_auth_method none receives no secret")]
    public async Task Public_client_receives_no_secret()
    {
        await using TestBed bed = await StartAsync();

        JsonObject response = await RegisterAsync(
            bed,
            "{" + Redirects + ",\"token_endpoint_auth_method\":\"none\",\"application_type\":\"native\"}"
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.ContainsKey("client_secret"), Is.False);
            Assert.That(response.ContainsKey("client_secret_expires_at"), Is.False);
            Assert.That(
                bed.Server.Clients.Single(client => client.ClientId == (string?)response["client_id"]).AllowAnyLoopbackPort,
                Is.True,
                "RFC 8252 §7.3"
            );
        }
    }

    [TestCase("""{}""", "invalid_redirect_uri")]
    [TestCase("""{"redirect_uris":["/callback"]}""", "invalid_redirect_uri")]
    [TestCase("""{"redirect_uris":["https://a.example/#f"]}""", "invalid_redirect_uri")]
    [TestCase("""{"redirect_uris":["http://a.example/callback"]}""", "invalid_redirect_uri")]
    [TestCase("""{"redirect_uris":["javascript:alert(1)"]}""", "invalid_redirect_uri")]
    [TestCase("""{"redirect_uris":"https://a.example/"}""", "invalid_client_metadata")]
    [TestCase("""{"redirect_uris":["https://a.example/",7]}""", "invalid_client_metadata")]
    [TestCase("""{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt"}""", "invalid_client_metadata")]
    [TestCase(
        """{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_subject_dn":"CN=a"}""",
        "invalid_client_metadata",
        Description = "RFC 8705 §2: the method requires TLS"
    )]
    [TestCase("""{"redirect_uris":["https://a.example/"],"grant_types":["implicit"]}""", "invalid_client_metadata")]
    [TestCase("""{"redirect_uris":["https://a.example/"],"response_types":["token"]}""", "invalid_client_metadata")]
    [TestCase(
        """{"redirect_uris":["https://a.example/"],"grant_types":["client_credentials"],"response_types":["code"]}""",
        "invalid_client_metadata"
    )]
    [TestCase(
        """
            {"redirect_uris":["https://a.example/"],"grant_types":["authorization_code","client_credentials"],
            "token_endpoint_auth_method":"none"}
            """,
        "invalid_client_metadata"
    )]
    [TestCase("""{"redirect_uris":["https://a.example/"],"id_token_signed_response_alg":"none"}""", "invalid_client_metadata")]
    [TestCase(
        """{"redirect_uris":["https://a.example/"],"id_token_encrypted_response_alg":"RSA-OAEP"}""",
        "invalid_client_metadata",
        Description = "no encryption key"
    )]
    [TestCase(
        """{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"none","id_token_signed_response_alg":"HS256"}""",
        "invalid_client_metadata"
    )]
    [TestCase("""{"redirect_uris":["https://a.example/"],"jwks_uri":"https://a.example/jwks"}""", "invalid_client_metadata")]
    [TestCase(
        """{"redirect_uris":["https://a.example/"],"jwks":{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}]}}""",
        "invalid_client_metadata",
        Description = "a private key"
    )]
    [TestCase("""{"redirect_uris":["https://a.example/"],"application_type":"unknown"}""", "invalid_client_metadata")]
    [TestCase("""{"redirect_uris":["https://a.example/"],"subject_type":"pairwise"}""", "invalid_client_metadata")]
    [TestCase("""{"redirect_uris":["https://a.example/"],"initiate_login_uri":"login"}""", "invalid_client_metadata")]
    [TestCase("""{"redirect_uris":["https://a.example/"],"post_logout_redirect_uris":["relative"]}""", "invalid_client_metadata")]
    [TestCase(
        """{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}""",
        "invalid_request",
        Description = "a repeated member"
    )]
    [TestCase("""[]""", "invalid_request")]
    [TestCase("""{""", "invalid_request")]
    [Description("RFC 7591 §3.2.2: invalid metadata result in an error, and no client is registered")]
    public async Task Invalid_metadata_are_rejected(string body, string error)
    {
        await using TestBed bed = await StartAsync();
        int before = bed.Server.Clients.Count;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                await TestBed.ErrorAsync(await SendAsync(bed, HttpMethod.Post, bed.Server.RegistrationEndpoint, body)),
                Is.EqualTo(error)
            );
            Assert.That(bed.Server.Clients, Has.Count.EqualTo(before));
        }
    }

    [Test, Description("RFC 7591 §3: the request must be a POST request with a JSON body")]
    public async Task Form_and_GET_are_rejected()
    {
        await using TestBed bed = await StartAsync();
        using HttpResponseMessage get = await bed.GetAsync(bed.Server.RegistrationEndpoint);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.RegistrationEndpoint, null, ("redirect_uris", "a"))),
                Is.EqualTo("invalid_request")
            );
            Assert.That(get.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        }
    }

    [Test, Description("RFC 8414 §2: without registration, the metadata omit registration_endpoint and the endpoint returns 404")]
    public async Task Registration_endpoint_is_disabled_by_default()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpResponseMessage response = await SendAsync(bed, HttpMethod.Post, bed.Server.RegistrationEndpoint, "{" + Redirects + "}");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That((await bed.MetadataAsync()).ContainsKey("registration_endpoint"), Is.False);
        }
    }

    [Test, Description("RFC 7591 §3: the server can require an initial access token")]
    public async Task Initial_access_token_is_required_if_configured()
    {
        await using TestBed bed = await StartAsync(options => options.InitialAccessToken = "initial-access-token");
        string body = "{" + Redirects + "}";

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                await TestBed.ErrorAsync(
                    await SendAsync(bed, HttpMethod.Post, bed.Server.RegistrationEndpoint, body),
                    HttpStatusCode.Unauthorized
                ),
                Is.EqualTo("invalid_token")
            );
            Assert.That(
                await TestBed.ErrorAsync(
                    await SendAsync(bed, HttpMethod.Post, bed.Server.RegistrationEndpoint, body, "wrong"),
                    HttpStatusCode.Unauthorized
                ),
                Is.EqualTo("invalid_token")
            );
            using HttpResponseMessage accepted = await SendAsync(
                bed,
                HttpMethod.Post,
                bed.Server.RegistrationEndpoint,
                body,
                "initial-access-token"
            );
            Assert.That(accepted.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        }
    }

    [Test]
    public async Task Delegate_can_change_the_response()
    {
        await using TestBed bed = await StartAsync(options => options.OnRegistration = response => response.Remove("client_id"));

        Assert.That((await RegisterAsync(bed, "{" + Redirects + "}")).ContainsKey("client_id"), Is.False);
    }
}
