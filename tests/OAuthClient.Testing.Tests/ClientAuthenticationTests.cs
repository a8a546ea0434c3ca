using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace OAuthClient.Testing.Tests;

[TestFixture]
internal sealed class ClientAuthenticationTests
{
    private static readonly (string, string?) Grant = ("grant_type", "client_credentials");

    [Test, Description("RFC 6749 §2.3.1: the server takes Basic and body alike when the client registered neither")]
    public async Task Client_with_a_secret_may_use_basic_or_post()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage basic = await bed.PostAsync(bed.Server.TokenEndpoint, Grant);
        using HttpResponseMessage post = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            null,
            Grant,
            ("client_id", "test-client"),
            ("client_secret", "test-secret")
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(basic.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(post.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test, Description("RFC 6749 §2.3.1: id and secret are form-encoded before Basic")]
    public async Task Basic_credentials_are_form_decoded()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "one:two", ClientSecret = "p+l u%s&\u00e9" });

        using HttpResponseMessage encoded = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            TestBed.Basic("one:two", "p+l u%s&\u00e9"),
            Grant
        );
        using HttpResponseMessage byPercent = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            Raw(Uri.EscapeDataString("one:two") + ":" + Uri.EscapeDataString("p+l u%s&\u00e9")),
            Grant
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(encoded.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(byPercent.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [TestCase("a:b")]
    [TestCase("a b")]
    [TestCase("a+b")]
    [TestCase("100%41")]
    [Description("RFC 6749 §2.3.1: a client that does not encode is found out")]
    public async Task Basic_credentials_that_were_not_encoded_are_refused(string secret)
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "careless", ClientSecret = secret });

        using HttpResponseMessage response = await bed.PostAsync(bed.Server.TokenEndpoint, Raw("careless:" + secret), Grant);

        Assert.That(await TestBed.ErrorAsync(response, HttpStatusCode.Unauthorized), Is.EqualTo("invalid_client"));
    }

    [TestCase("client_secret_basic", "post")]
    [TestCase("client_secret_basic", "none")]
    [TestCase("client_secret_post", "basic")]
    [TestCase("client_secret_post", "none")]
    [TestCase("none", "basic")]
    [TestCase("none", "post")]
    [Description("RFC 6749 §2.3, RFC 7591 §2: only the registered method")]
    public async Task Another_method_than_the_registered_one_is_refused(string registered, string used)
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "c",
                ClientSecret = registered is "none" ? null : "s",
                AuthenticationMethod = registered,
            }
        );

        using HttpResponseMessage response = used switch
        {
            "basic" => await bed.PostAsync(bed.Server.TokenEndpoint, TestBed.Basic("c", "s"), Grant),
            "post" => await bed.PostAsync(bed.Server.TokenEndpoint, null, Grant, ("client_id", "c"), ("client_secret", "s")),
            _ => await bed.PostAsync(bed.Server.TokenEndpoint, null, Grant, ("client_id", "c")),
        };

        Assert.That(await TestBed.ErrorAsync(response, HttpStatusCode.Unauthorized), Is.EqualTo("invalid_client"));
    }

    [TestCase("client_secret_basic", "basic")]
    [TestCase("client_secret_post", "post")]
    [Description("RFC 6749 §2.3")]
    public async Task The_registered_method_is_taken(string registered, string used)
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "c",
                ClientSecret = "s",
                AuthenticationMethod = registered,
            }
        );

        using HttpResponseMessage response = used is "basic"
            ? await bed.PostAsync(bed.Server.TokenEndpoint, TestBed.Basic("c", "s"), Grant)
            : await bed.PostAsync(bed.Server.TokenEndpoint, null, Grant, ("client_id", "c"), ("client_secret", "s"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test, Description("RFC 6749 §2.3: one authentication method per request")]
    public async Task Two_methods_at_once_are_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            Grant,
            ("client_id", "test-client"),
            ("client_secret", "test-secret")
        );

        Assert.That(await TestBed.ErrorAsync(response), Is.EqualTo("invalid_request"));
    }

    [Test, Description("RFC 6749 §3.2.1: client_id in the body beside Basic must be the same")]
    public async Task Client_id_in_the_body_must_agree_with_Basic()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage same = await bed.PostAsync(bed.Server.TokenEndpoint, Grant, ("client_id", "test-client"));
        using HttpResponseMessage other = await bed.PostAsync(bed.Server.TokenEndpoint, Grant, ("client_id", "other"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(same.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await TestBed.ErrorAsync(other), Is.EqualTo("invalid_request"));
        }
    }

    [TestCase("test-client", "wrong")]
    [TestCase("nobody", "test-secret")]
    [Description("RFC 6749 §5.2: 401 with a challenge of the scheme that was used")]
    public async Task Wrong_credentials_are_challenged(string id, string secret)
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.PostAsync(bed.Server.TokenEndpoint, TestBed.Basic(id, secret), Grant);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers.WwwAuthenticate.Single().Scheme, Is.EqualTo("Basic"));
            Assert.That(await TestBed.ErrorAsync(response, HttpStatusCode.Unauthorized), Is.EqualTo("invalid_client"));
        }
    }

    [TestCase("Basic")]
    [TestCase("Basic !!!")]
    [TestCase("Basic bm9jb2xvbg==")]
    [TestCase("Bearer abc")]
    [Description("RFC 6749 §5.2")]
    public async Task Header_that_is_no_good_Basic_is_refused(string header)
    {
        await using TestBed bed = await TestBed.StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, bed.Server.TokenEndpoint)
        {
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]),
        };
        request.Headers.TryAddWithoutValidation("Authorization", header);

        Assert.That(await TestBed.ErrorAsync(await bed.Http.SendAsync(request), HttpStatusCode.Unauthorized), Is.EqualTo("invalid_client"));
    }

    [TestCase("client_secret=test-secret")]
    [TestCase("client_id=test-client")]
    [TestCase("refresh_token=x")]
    [Description("RFC 6749 §2.3.1: never in the request URI")]
    public async Task Credentials_in_the_query_are_refused(string query)
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.PostAsync(new Uri(bed.Server.TokenEndpoint + "?" + query), Grant);

        Assert.That(await TestBed.ErrorAsync(response), Is.EqualTo("invalid_request"));
    }

    [Test, Description("RFC 6749 §3.2: an endpoint may have a query of its own")]
    public async Task Other_query_parameters_do_no_harm()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.PostAsync(new Uri(bed.Server.TokenEndpoint + "?tenant=one"), Grant);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test, Description("RFC 6749 §3.2.1, RFC 7636: a public client redeems its code with PKCE alone")]
    public async Task Public_client_sends_its_client_id()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "public", RedirectUris = { TestBed.RedirectUri } });
        string code = await bed.CodeAsync(("client_id", "public"));

        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            null,
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", TestBed.RedirectUri),
            ("code_verifier", TestBed.Verifier),
            ("client_id", "public")
        );

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test, Description("RFC 6749 §4.4: client credentials, without a refresh token (§4.4.3)")]
    public async Task Client_credentials_give_an_access_token_only()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();

        var tokens = await TestBed.JsonAsync(await bed.PostAsync(bed.Server.TokenEndpoint, Grant, ("scope", "api")), HttpStatusCode.OK);
        var me = await TestBed.JsonAsync(
            await bed.GetAsync(new Uri(api.BaseAddress, "/me"), (string?)tokens["access_token"]),
            HttpStatusCode.OK
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(tokens.Select(member => member.Key), Is.EquivalentTo(["access_token", "token_type", "expires_in", "scope"]));
            Assert.That(me.ToJsonString(), Is.EqualTo("""{"client_id":"test-client","scope":"api"}"""));
        }
    }

    [Test, Description("RFC 6749 §4.4: only for confidential clients")]
    public async Task Public_client_gets_no_client_credentials()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "public" });

        Assert.That(
            await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.TokenEndpoint, null, Grant, ("client_id", "public"))),
            Is.EqualTo("unauthorized_client")
        );
    }

    [TestCase("unheard-of")]
    [TestCase("openid")]
    [Description("RFC 6749 §5.2: invalid_scope")]
    public async Task Client_credentials_are_refused_for_a_scope_that_makes_no_sense(string scope)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(
            await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.TokenEndpoint, Grant, ("scope", scope))),
            Is.EqualTo("invalid_scope")
        );
    }

    private static AuthenticationHeaderValue Raw(string pair) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
}
