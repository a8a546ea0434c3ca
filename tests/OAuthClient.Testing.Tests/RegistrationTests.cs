using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

[TestFixture]
internal sealed class RegistrationTests
{
    private const string Redirects = "\"redirect_uris\":[\"" + TestBed.RedirectUri + "\"]";

    [Test, Description("RFC 7591 §3.2.1: the answer holds what was registered, defaults and all")]
    public async Task Client_that_says_least_gets_the_defaults()
    {
        await using TestBed bed = await StartAsync();

        JsonObject answer = await RegisterAsync(bed, "{" + Redirects + ",\"favourite_colour\":\"blue\"}");

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)answer["token_endpoint_auth_method"], Is.EqualTo("client_secret_basic"));
            Assert.That(answer["grant_types"]!.ToJsonString(), Is.EqualTo("""["authorization_code"]"""));
            Assert.That(answer["response_types"]!.ToJsonString(), Is.EqualTo("""["code"]"""));
            Assert.That(answer["redirect_uris"]!.ToJsonString(), Is.EqualTo($"[\"{TestBed.RedirectUri}\"]"));
            Assert.That((string?)answer["id_token_signed_response_alg"], Is.EqualTo("RS256"));
            Assert.That((long?)answer["client_id_issued_at"], Is.EqualTo(bed.Clock.GetUtcNow().ToUnixTimeSeconds()));
            Assert.That((long?)answer["client_secret_expires_at"], Is.Zero, "never");
            Assert.That(
                (string?)answer["registration_client_uri"],
                Is.EqualTo(bed.Server.RegistrationEndpoint + "/" + (string?)answer["client_id"])
            );
            Assert.That((string?)answer["registration_access_token"], Is.Not.Empty);
            Assert.That(answer.ContainsKey("favourite_colour"), Is.False, "RFC 7591 §2: unknown members are ignored");
            Assert.That(
                (string?)(await bed.MetadataAsync())["registration_endpoint"],
                Is.EqualTo(bed.Server.RegistrationEndpoint.AbsoluteUri)
            );
        }
    }

    [Test, Description("RFC 7591 §2: the client behaves as its metadata say")]
    public async Task Registered_client_is_served_as_it_asked()
    {
        await using TestBed bed = await StartAsync();
        JsonObject answer = await RegisterAsync(
            bed,
            "{"
                + Redirects
                + """
                ,"client_name":"Registered","token_endpoint_auth_method":"client_secret_post","grant_types":["authorization_code","refresh_token"],
                "scope":"openid api nonsense","id_token_signed_response_alg":"ES256","userinfo_signed_response_alg":"PS256"}
                """
        );
        string id = (string)answer["client_id"]!;
        string secret = (string)answer["client_secret"]!;
        string code = TestBed.Query(await bed.Server.SignInAsync(bed.AuthorizationUri(("client_id", id), ("scope", "openid api"))))["code"];
        (string, string?)[] redemption =
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", TestBed.RedirectUri),
            ("code_verifier", TestBed.Verifier),
        ];

        string? byBasic = await TestBed.ErrorAsync(
            await bed.PostAsync(bed.Server.TokenEndpoint, TestBed.Basic(id, secret), redemption),
            HttpStatusCode.Unauthorized
        );
        JsonObject tokens = await TestBed.JsonAsync(
            await bed.PostAsync(bed.Server.TokenEndpoint, null, [.. redemption, ("client_id", id), ("client_secret", secret)]),
            HttpStatusCode.OK
        );
        using HttpResponseMessage userInfo = await bed.GetAsync(bed.Server.UserInfoEndpoint, (string)tokens["access_token"]!);
        string? ownCredentials = await TestBed.ErrorAsync(
            await bed.PostAsync(
                bed.Server.TokenEndpoint,
                null,
                ("grant_type", "client_credentials"),
                ("client_id", id),
                ("client_secret", secret)
            )
        );
        var wider = TestBed.Query(await bed.Server.SignInAsync(bed.AuthorizationUri(("client_id", id), ("scope", "openid email"))));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)answer["scope"], Is.EqualTo("openid api"), "RFC 7591 §3.2.1: what was replaced is said");
            Assert.That(byBasic, Is.EqualTo("invalid_client"));
            Assert.That((string?)Jose.Header((string)tokens["id_token"]!)["alg"], Is.EqualTo("ES256"));
            Assert.That((string?)Jose.Header(await userInfo.Content.ReadAsStringAsync())["alg"], Is.EqualTo("PS256"));
            Assert.That(tokens.ContainsKey("refresh_token"), Is.True);
            Assert.That(ownCredentials, Is.EqualTo("unauthorized_client"));
            Assert.That(wider["error"], Is.EqualTo("invalid_scope"));
            Assert.That(bed.Server.Clients.Single(client => client.ClientId == id).DisplayName, Is.EqualTo("Registered"));
        }
    }

    [Test, Description("RFC 7591 §2: token_endpoint_auth_method none")]
    public async Task Public_client_gets_no_secret()
    {
        await using TestBed bed = await StartAsync();

        JsonObject answer = await RegisterAsync(
            bed,
            "{" + Redirects + ",\"token_endpoint_auth_method\":\"none\",\"application_type\":\"native\"}"
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.ContainsKey("client_secret"), Is.False);
            Assert.That(answer.ContainsKey("client_secret_expires_at"), Is.False);
            Assert.That(
                bed.Server.Clients.Single(client => client.ClientId == (string?)answer["client_id"]).AllowAnyLoopbackPort,
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
        Description = "RFC 8705: not without TLS"
    )]
    [TestCase("""{"redirect_uris":["https://a.example/"],"grant_types":["implicit"]}""", "invalid_client_metadata")]
    [TestCase("""{"redirect_uris":["https://a.example/"],"response_types":["token"]}""", "invalid_client_metadata")]
    [TestCase(
        """{"redirect_uris":["https://a.example/"],"grant_types":["client_credentials"],"response_types":["code"]}""",
        "invalid_client_metadata"
    )]
    [TestCase(
        """{"redirect_uris":["https://a.example/"],"grant_types":["authorization_code","client_credentials"],"token_endpoint_auth_method":"none"}""",
        "invalid_client_metadata"
    )]
    [TestCase("""{"redirect_uris":["https://a.example/"],"id_token_signed_response_alg":"none"}""", "invalid_client_metadata")]
    [TestCase(
        """{"redirect_uris":["https://a.example/"],"id_token_encrypted_response_alg":"RSA-OAEP"}""",
        "invalid_client_metadata",
        Description = "no key to encrypt to"
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
    [TestCase("""{"redirect_uris":["https://a.example/"],"application_type":"toaster"}""", "invalid_client_metadata")]
    [TestCase("""{"redirect_uris":["https://a.example/"],"subject_type":"pairwise"}""", "invalid_client_metadata")]
    [TestCase("""{"redirect_uris":["https://a.example/"],"initiate_login_uri":"login"}""", "invalid_client_metadata")]
    [TestCase("""{"redirect_uris":["https://a.example/"],"post_logout_redirect_uris":["bye"]}""", "invalid_client_metadata")]
    [TestCase(
        """{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}""",
        "invalid_request",
        Description = "a member twice"
    )]
    [TestCase("""[]""", "invalid_request")]
    [TestCase("""{""", "invalid_request")]
    [Description("RFC 7591 §3.2.2")]
    public async Task Metadata_that_cannot_be_are_refused(string body, string error)
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

    [Test, Description("RFC 7591 §3: the body is JSON, sent by POST")]
    public async Task Form_and_get_are_refused()
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

    [Test]
    public async Task Server_that_does_not_allow_it_has_no_such_endpoint()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpResponseMessage response = await SendAsync(bed, HttpMethod.Post, bed.Server.RegistrationEndpoint, "{" + Redirects + "}");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That((await bed.MetadataAsync()).ContainsKey("registration_endpoint"), Is.False);
        }
    }

    [Test, Description("RFC 7591 §3: an initial access token, where the server wants one")]
    public async Task Initial_access_token_is_demanded()
    {
        await using TestBed bed = await StartAsync(options => options.InitialAccessToken = "let-me-in");
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
            using HttpResponseMessage well = await SendAsync(bed, HttpMethod.Post, bed.Server.RegistrationEndpoint, body, "let-me-in");
            Assert.That(well.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        }
    }

    [Test, Description("RFC 7592 §2.1, §2.2: read, replaced, with the same credentials")]
    public async Task Registration_is_read_and_replaced()
    {
        await using TestBed bed = await StartAsync();
        JsonObject registered = await RegisterAsync(
            bed,
            "{" + Redirects + ",\"client_name\":\"Before\",\"client_uri\":\"https://a.example/\"}"
        );

        JsonObject read = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Get), HttpStatusCode.OK);
        JsonObject update = new()
        {
            ["client_id"] = registered["client_id"]!.DeepClone(),
            ["client_secret"] = registered["client_secret"]!.DeepClone(),
            ["redirect_uris"] = new JsonArray("https://a.example/new"),
            ["client_name"] = "After",
        };
        JsonObject replaced = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Put, update), HttpStatusCode.OK);
        JsonObject again = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Get), HttpStatusCode.OK);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(JsonNode.DeepEquals(read, registered), Is.True, read.ToJsonString());
            Assert.That((string?)replaced["client_name"], Is.EqualTo("After"));
            Assert.That(replaced["redirect_uris"]!.ToJsonString(), Is.EqualTo("""["https://a.example/new"]"""));
            Assert.That(replaced.ContainsKey("client_uri"), Is.False, "what is not sent is gone");
            Assert.That((string?)replaced["client_secret"], Is.EqualTo((string?)registered["client_secret"]));
            Assert.That((string?)replaced["registration_access_token"], Is.EqualTo((string?)registered["registration_access_token"]));
            Assert.That(JsonNode.DeepEquals(again, replaced), Is.True);
        }
    }

    [TestCase("client_id", "another")]
    [TestCase("client_secret", "chosen")]
    [TestCase("registration_access_token", "x")]
    [TestCase("registration_client_uri", "x")]
    [TestCase("client_id_issued_at", "x")]
    [TestCase("client_secret_expires_at", "x")]
    [Description("RFC 7592 §2.2")]
    public async Task Update_of_what_is_the_servers_is_refused(string member, string value)
    {
        await using TestBed bed = await StartAsync();
        JsonObject registered = await RegisterAsync(bed, "{" + Redirects + "}");
        JsonObject update = new()
        {
            ["client_id"] = registered["client_id"]!.DeepClone(),
            ["redirect_uris"] = new JsonArray("https://a.example/"),
            [member] = value,
        };

        Assert.That(await TestBed.ErrorAsync(await ManageAsync(bed, registered, HttpMethod.Put, update)), Is.EqualTo("invalid_request"));
    }

    [Test, Description("RFC 7592 §2.2: the registration access token may change, and the old one is void")]
    public async Task Registration_access_token_is_rotated_on_demand()
    {
        await using TestBed bed = await StartAsync(options => options.RotateRegistrationAccessTokens = true);
        JsonObject registered = await RegisterAsync(bed, "{" + Redirects + "}");
        JsonObject update = new()
        {
            ["client_id"] = registered["client_id"]!.DeepClone(),
            ["redirect_uris"] = new JsonArray("https://a.example/"),
        };

        JsonObject replaced = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Put, update), HttpStatusCode.OK);
        using HttpResponseMessage byOld = await ManageAsync(bed, registered, HttpMethod.Get);
        using HttpResponseMessage byNew = await ManageAsync(bed, replaced, HttpMethod.Get);

        Assert.That((byOld.StatusCode, byNew.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK)));
    }

    [Test, Description("RFC 7592 §2.3: gone with all it was given; its token is refused from then on")]
    public async Task Deleted_client_is_gone()
    {
        await using TestBed bed = await StartAsync();
        JsonObject registered = await RegisterAsync(bed, "{" + Redirects + "}");
        TestClient client = bed.Server.Clients.Single(one => one.ClientId == (string?)registered["client_id"]);
        JsonObject tokens = await bed.TokensAsync(client);

        using HttpResponseMessage deleted = await ManageAsync(bed, registered, HttpMethod.Delete);
        using HttpResponseMessage afterwards = await ManageAsync(bed, registered, HttpMethod.Get);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That(afterwards.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await bed.UserInfoStatusAsync((string)tokens["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(bed.Server.RemoveClient(client.ClientId), Is.False);
        }
    }

    [Test, Description("RFC 7592 §2: one client's token opens no other client's registration")]
    public async Task Registration_access_token_is_for_one_client()
    {
        await using TestBed bed = await StartAsync();
        JsonObject one = await RegisterAsync(bed, "{" + Redirects + "}");
        JsonObject other = await RegisterAsync(bed, "{" + Redirects + "}");
        other["registration_access_token"] = one["registration_access_token"]!.DeepClone();

        using HttpResponseMessage response = await ManageAsync(bed, other, HttpMethod.Get);
        using HttpResponseMessage unmanaged = await SendAsync(
            bed,
            HttpMethod.Get,
            new Uri(bed.Server.RegistrationEndpoint + "/test-client"),
            null,
            (string?)one["registration_access_token"]
        );

        Assert.That((response.StatusCode, unmanaged.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)));
    }

    [Test, Description("RFC 7591 §3.2.1: client_secret_expires_at; a secret past half its life is replaced on reading")]
    public async Task Secret_expires_and_is_replaced()
    {
        await using TestBed bed = await StartAsync(options => options.ClientSecretLifetime = TimeSpan.FromHours(2));
        JsonObject registered = await RegisterAsync(bed, """{"grant_types":["client_credentials"]}""");
        long issuedAt = bed.Clock.GetUtcNow().ToUnixTimeSeconds();

        bed.Clock.Advance(TimeSpan.FromMinutes(59));
        JsonObject early = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Get), HttpStatusCode.OK);
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        JsonObject late = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Get), HttpStatusCode.OK);
        bed.Clock.Advance(TimeSpan.FromHours(2));
        string? expired = await OwnTokenAsync(bed, late);
        JsonObject fresh = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Get), HttpStatusCode.OK);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((long?)registered["client_secret_expires_at"], Is.EqualTo(issuedAt + 7200));
            Assert.That((string?)early["client_secret"], Is.EqualTo((string?)registered["client_secret"]));
            Assert.That((string?)late["client_secret"], Is.Not.EqualTo((string?)registered["client_secret"]));
            Assert.That((long?)late["client_secret_expires_at"], Is.EqualTo(issuedAt + 3600 + 7200));
            Assert.That(expired, Is.EqualTo("invalid_client"));
            Assert.That(await OwnTokenAsync(bed, fresh), Is.Null);
        }
    }

    [Test]
    public async Task Answer_can_be_falsified()
    {
        await using TestBed bed = await StartAsync(options => options.OnRegistration = answer => answer.Remove("client_id"));

        Assert.That((await RegisterAsync(bed, "{" + Redirects + "}")).ContainsKey("client_id"), Is.False);
    }

    private static Task<TestBed> StartAsync(Action<TestAuthorizationServerOptions>? configure = null) =>
        TestBed.StartAsync(options =>
        {
            options.AllowRegistration = true;
            configure?.Invoke(options);
        });

    private static async Task<string?> OwnTokenAsync(TestBed bed, JsonObject registered)
    {
        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            TestBed.Basic((string)registered["client_id"]!, (string)registered["client_secret"]!),
            ("grant_type", "client_credentials")
        );
        return (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"];
    }

    private static async Task<JsonObject> RegisterAsync(TestBed bed, string body) =>
        await TestBed.JsonAsync(await SendAsync(bed, HttpMethod.Post, bed.Server.RegistrationEndpoint, body), HttpStatusCode.Created);

    private static Task<HttpResponseMessage> ManageAsync(TestBed bed, JsonObject registered, HttpMethod method, JsonObject? body = null) =>
        SendAsync(
            bed,
            method,
            new Uri((string)registered["registration_client_uri"]!),
            body?.ToJsonString(),
            (string?)registered["registration_access_token"]
        );

    private static async Task<HttpResponseMessage> SendAsync(
        TestBed bed,
        HttpMethod method,
        Uri address,
        string? body,
        string? accessToken = null
    )
    {
        using HttpRequestMessage request = new(method, address);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await bed.Http.SendAsync(request);
    }
}
