using System.Net;

namespace OAuthClient.Testing.Tests;

[TestFixture]
internal sealed class AuthorizationRequestTests
{
    [TestCase("client_id", null, "The client_id is missing.")]
    [TestCase("client_id", "nobody", "The client_id nobody is not registered.")]
    [TestCase("redirect_uri", null, "The redirect_uri is missing.")]
    [TestCase("redirect_uri", TestBed.RedirectUri + "/", "is not registered for the client test-client.")]
    [TestCase("redirect_uri", TestBed.RedirectUri + "?a=b", "is not registered for the client test-client.")]
    [TestCase("redirect_uri", "http://127.0.0.1:5006/callback", "is not registered for the client test-client.")]
    [TestCase("redirect_uri", "http://127.0.0.1:5005/Callback", "is not registered for the client test-client.")]
    [Description("RFC 6749 §4.1.2.1, RFC 9700 §4.1.3: exact redirect URIs")]
    public async Task Untrusted_client_or_redirect_URI_gets_a_page_and_no_redirect(string parameter, string? value, string text)
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
    [Description("RFC 6749 §3.1: no parameter twice")]
    public async Task Doubled_client_or_redirect_URI_gets_a_page_and_no_redirect(string parameter)
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
    [TestCase("scope", "openid unheard-of", "invalid_scope")]
    [TestCase("code_challenge", null, "invalid_request", Description = "RFC 7636 §4.4.1")]
    [TestCase("code_challenge", "too-short", "invalid_request", Description = "RFC 7636 §4.2")]
    [TestCase("code_challenge_method", "plain", "invalid_request", Description = "RFC 7636 §4.4.1")]
    [TestCase("code_challenge_method", null, "invalid_request", Description = "RFC 7636 §4.3: absent means plain")]
    [TestCase("code_challenge_method", "s256", "invalid_request", Description = "RFC 7636 §4.3: case matters")]
    [TestCase("resource", "/relative", "invalid_target", Description = "RFC 8707 §2")]
    [TestCase("resource", "https://api.example.com#part", "invalid_target", Description = "RFC 8707 §2")]
    [TestCase("prompt", "none login", "invalid_request", Description = "OpenID Connect Core §3.1.2.1")]
    [TestCase("prompt", "sometimes", "invalid_request", Description = "OpenID Connect Core §3.1.2.1")]
    [TestCase("max_age", "-1", "invalid_request", Description = "OpenID Connect Core §3.1.2.1")]
    [TestCase("request", "e30.e30.", "request_not_supported", Description = "OpenID Connect Core §3.1.2.6")]
    [TestCase("request_uri", "urn:one", "request_uri_not_supported", Description = "OpenID Connect Core §3.1.2.6")]
    public async Task Wrong_request_is_told_to_the_client_with_state_and_issuer(string parameter, string? value, string error)
    {
        await using TestBed bed = await TestBed.StartAsync();

        IReadOnlyDictionary<string, string> query = TestBed.Query(await bed.SignInAsync((parameter, value)));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(query["error"], Is.EqualTo(error));
            Assert.That(query["state"], Is.EqualTo("the state"));
            Assert.That(query["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString), "RFC 9207 §2: on errors too");
            Assert.That(query, Does.Not.ContainKey("code"));
        }
    }

    [TestCase("state")]
    [TestCase("scope")]
    [TestCase("code_challenge")]
    [Description("RFC 6749 §3.1: no parameter twice")]
    public async Task Doubled_parameter_is_refused(string parameter)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Uri callback = await bed.Server.SignInAsync(new Uri($"{bed.AuthorizationUri()}&{parameter}=again"));

        Assert.That(TestBed.Query(callback)["error"], Is.EqualTo("invalid_request"));
    }

    [Test, Description("RFC 6749 §3.1: a parameter without value is treated as omitted")]
    public async Task Parameter_without_value_counts_as_absent()
    {
        await using TestBed bed = await TestBed.StartAsync();

        IReadOnlyDictionary<string, string> query = TestBed.Query(await bed.SignInAsync(("state", ""), ("response_mode", "")));

        Assert.That(query, Does.ContainKey("code").And.Not.ContainKey("state"));
    }

    [Test, Description("RFC 6749 §4.1.2.1: the characters of error_description")]
    public async Task Error_description_holds_only_the_characters_it_may()
    {
        await using TestBed bed = await TestBed.StartAsync();

        IReadOnlyDictionary<string, string> query = TestBed.Query(await bed.SignInAsync(("scope", "a\"b\\c\u00e9")));

        Assert.That(query["error_description"], Does.Contain("a?b?c?"));
    }

    [Test, Description("RFC 6749 §4.1.2.1: unauthorized_client")]
    public async Task Client_without_the_grant_type_is_refused()
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

    [Test, Description("RFC 6749 §3.3")]
    public async Task Client_gets_only_the_scopes_it_may_have()
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
    [Description("RFC 8252 §7.3")]
    public async Task Any_loopback_port_is_good_for_a_client_that_registered_so(string redirectUri, bool good)
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

        Assert.That(response.IsSuccessStatusCode, Is.EqualTo(good));
    }

    [Test, Description("OpenID Connect Core §3.1.2.1: POST as well as GET")]
    public async Task Request_may_be_posted()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.AuthorizationEndpoint,
            null,
            [.. TestBed.Query(bed.AuthorizationUri()).Select(pair => (pair.Key, (string?)pair.Value))]
        );

        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("data-page=\"login\""));
    }

    [Test, Description("RFC 6749 §3.1.2: a redirect URI's own query is kept")]
    public async Task Redirect_URI_keeps_its_own_query()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RedirectUris.Add(TestBed.RedirectUri + "?tenant=one"));

        Uri callback = await bed.SignInAsync(("redirect_uri", TestBed.RedirectUri + "?tenant=one"));

        Assert.That(callback.Query, Does.StartWith("?tenant=one&code="));
    }

    [Test, Description("RFC 7636 §4.4: a server may be told to take plain, or nothing")]
    public async Task Code_challenge_rules_can_be_loosened_on_purpose()
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
