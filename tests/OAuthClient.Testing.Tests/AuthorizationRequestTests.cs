using System.Net;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the validation of authorization requests.</summary>
[TestFixture]
internal sealed class AuthorizationRequestTests
{
    [TestCase("client_id", null, "The client_id is missing.")]
    [TestCase("client_id", "unknown", "The client_id unknown is not registered.")]
    [TestCase("redirect_uri", null, "The redirect_uri is missing.")]
    [TestCase("redirect_uri", TestBed.RedirectUri + "/", "is not registered for the client test-client.")]
    [TestCase("redirect_uri", TestBed.RedirectUri + "?a=b", "is not registered for the client test-client.")]
    [TestCase("redirect_uri", "http://127.0.0.1:5006/callback", "is not registered for the client test-client.")]
    [TestCase("redirect_uri", "http://127.0.0.1:5005/Callback", "is not registered for the client test-client.")]
    [Description("RFC 6749 §4.1.2.1, RFC 9700 §4.1.3: redirect URIs are compared exactly")]
    public async Task Unknown_client_or_redirect_URI_results_in_an_error_page(string parameter, string? value, string text)
    {
        await using TestBed bed = await TestBed.StartAsync();
        Uri uri = bed.AuthorizationUri((parameter, value));

        using HttpResponseMessage response = await bed.GetAsync(uri);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(response.Headers.Location, Is.Null);
            Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain(text));
            Assert.That(() => bed.Server.SignInAsync(uri), Throws.InvalidOperationException.With.Message.Contains(text));
        }
    }

    [TestCase("client_id")]
    [TestCase("redirect_uri")]
    [Description("RFC 6749 §3.1: a parameter must not be repeated")]
    public async Task Repeated_client_or_redirect_URI_results_in_an_error_page(string parameter)
    {
        await using TestBed bed = await TestBed.StartAsync();
        Uri uri = bed.AuthorizationUri();

        using HttpResponseMessage response = await bed.GetAsync(
            new Uri($"{uri}&{parameter}={Uri.EscapeDataString(TestBed.Query(uri)[parameter])}")
        );

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [TestCase("response_type", null, "invalid_request")]
    [TestCase("response_type", "token", "unsupported_response_type")]
    [TestCase("response_type", "code id_token", "unsupported_response_type")]
    [TestCase("response_mode", "fragment", "invalid_request")]
    [TestCase("scope", "openid unknown", "invalid_scope")]
    [TestCase("code_challenge", null, "invalid_request", Description = "RFC 7636 §4.4.1")]
    [TestCase("code_challenge", "too-short", "invalid_request", Description = "RFC 7636 §4.2")]
    [TestCase("code_challenge_method", "plain", "invalid_request", Description = "RFC 7636 §4.4.1")]
    [TestCase("code_challenge_method", null, "invalid_request", Description = "RFC 7636 §4.3: the default is plain")]
    [TestCase("code_challenge_method", "s256", "invalid_request", Description = "RFC 7636 §4.3: the value is case-sensitive")]
    [TestCase("resource", "/relative", "invalid_target", Description = "RFC 8707 §2")]
    [TestCase("resource", "https://api.example.com#part", "invalid_target", Description = "RFC 8707 §2")]
    [TestCase("prompt", "none login", "invalid_request", Description = "OpenID Connect Core §3.1.2.1")]
    [TestCase("prompt", "unknown", "invalid_request", Description = "OpenID Connect Core §3.1.2.1")]
    [TestCase("max_age", "-1", "invalid_request", Description = "OpenID Connect Core §3.1.2.1")]
    [TestCase("claims", "[]", "invalid_request", Description = "OpenID Connect Core §5.5")]
    [TestCase("claims", "{\"a\":1,\"a\":2}", "invalid_request", Description = "RFC 8259 §4")]
    public async Task Invalid_request_results_in_an_error_response_with_state_and_issuer(string parameter, string? value, string error)
    {
        await using TestBed bed = await TestBed.StartAsync();

        IReadOnlyDictionary<string, string> query = TestBed.Query(await bed.SignInAsync((parameter, value)));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(query["error"], Is.EqualTo(error));
            Assert.That(query["state"], Is.EqualTo("the state"));
            Assert.That(query["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString), "RFC 9207 §2: error responses contain iss");
            Assert.That(query, Does.Not.ContainKey("code"));
        }
    }

    [TestCase("state")]
    [TestCase("scope")]
    [TestCase("code_challenge")]
    [Description("RFC 6749 §3.1: a parameter must not be repeated")]
    public async Task Repeated_parameter_is_rejected(string parameter)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Uri callback = await bed.Server.SignInAsync(new Uri($"{bed.AuthorizationUri()}&{parameter}=again"));

        Assert.That(TestBed.Query(callback)["error"], Is.EqualTo("invalid_request"));
    }

    [Test, Description("RFC 6749 §3.1: a parameter without value is treated as omitted")]
    public async Task Parameter_without_value_is_treated_as_omitted()
    {
        await using TestBed bed = await TestBed.StartAsync();

        IReadOnlyDictionary<string, string> query = TestBed.Query(await bed.SignInAsync(("state", ""), ("response_mode", "")));

        Assert.That(query, Does.ContainKey("code").And.Not.ContainKey("state"));
    }

    [Test, Description("RFC 6749 §4.1.2.1: error_description is limited to certain ASCII characters")]
    public async Task Error_description_contains_only_allowed_characters()
    {
        await using TestBed bed = await TestBed.StartAsync();

        IReadOnlyDictionary<string, string> query = TestBed.Query(await bed.SignInAsync(("scope", "a\"b\\c\u00e9")));

        Assert.That(query["error_description"], Does.Contain("a?b?c?"));
    }

    [Test, Description("RFC 6749 §4.1.2.1: unauthorized_client")]
    public async Task Client_without_the_grant_type_is_rejected()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "machine",
                ClientSecret = "s",
                RedirectUris = { TestBed.RedirectUri },
                AllowedGrantTypes = new HashSet<string> { "client_credentials" },
            }
        );

        Assert.That(TestBed.Query(await bed.SignInAsync(("client_id", "machine")))["error"], Is.EqualTo("unauthorized_client"));
    }

    [Test, Description("RFC 6749 §3.3: a client cannot request a scope outside its allowed scopes")]
    public async Task Client_receives_only_allowed_scopes()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "narrow",
                ClientSecret = "s",
                RedirectUris = { TestBed.RedirectUri },
                AllowedScopes = new HashSet<string> { "photos.read" },
            }
        );

        IReadOnlyDictionary<string, string> wide = TestBed.Query(
            await bed.SignInAsync(("client_id", "narrow"), ("scope", "photos.read api"))
        );
        IReadOnlyDictionary<string, string> narrow = TestBed.Query(
            await bed.SignInAsync(("client_id", "narrow"), ("scope", "photos.read"))
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(wide["error"], Is.EqualTo("invalid_scope"));
            Assert.That(narrow, Does.ContainKey("code"));
        }
    }

    [TestCase("http://127.0.0.1:61234/callback", true)]
    [TestCase("http://localhost:61234/callback", false)]
    [TestCase("http://127.0.0.1:61234/other", false)]
    [TestCase("https://127.0.0.1:61234/callback", false)]
    [TestCase("http://user@127.0.0.1:61234/callback", false)]
    [Description("RFC 8252 §7.3: the port of a loopback IP redirect URI is variable for native applications")]
    public async Task Client_with_AllowAnyLoopbackPort_can_use_any_loopback_port(string redirectUri, bool expected)
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "native",
                AllowAnyLoopbackPort = true,
                RedirectUris = { "http://127.0.0.1/callback" },
            }
        );

        using HttpResponseMessage response = await bed.GetAsync(
            bed.AuthorizationUri(("client_id", "native"), ("redirect_uri", redirectUri))
        );

        Assert.That(response.IsSuccessStatusCode, Is.EqualTo(expected));
    }

    [Test, Description("OpenID Connect Core §3.1.2.1: the endpoint supports GET and POST")]
    public async Task Request_can_be_sent_by_POST()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.AuthorizationEndpoint,
            null,
            [.. TestBed.Query(bed.AuthorizationUri()).Select(pair => (pair.Key, (string?)pair.Value))]
        );

        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("data-page=\"login\""));
    }

    [Test, Description("RFC 6749 §3.1.2: the query of the redirect URI is retained")]
    public async Task Query_of_the_redirect_URI_is_retained()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RedirectUris.Add(TestBed.RedirectUri + "?tenant=one"));

        Uri callback = await bed.SignInAsync(("redirect_uri", TestBed.RedirectUri + "?tenant=one"));

        Assert.That(callback.Query, Does.StartWith("?tenant=one&code="));
    }

    [Test, Description("RFC 7636 §4.4: options allow the method plain and requests without a code challenge")]
    public async Task Options_relax_the_code_challenge_requirements()
    {
        await using TestBed bed = await TestBed.StartAsync(options =>
        {
            options.RequirePkce = false;
            options.CodeChallengeMethods.Add("plain");
        });

        using HttpResponseMessage none = await bed.RedeemAsync(
            await bed.CodeAsync(("code_challenge", null), ("code_challenge_method", null)),
            ("code_verifier", null)
        );
        using HttpResponseMessage plain = await bed.RedeemAsync(
            await bed.CodeAsync(("code_challenge", TestBed.Verifier), ("code_challenge_method", "plain"))
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(none.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(plain.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }
}
