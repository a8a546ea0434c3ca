using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests client authentication at the token endpoint and the client credentials grant.</summary>
[TestFixture]
internal sealed class ClientAuthenticationTests
{
    private static readonly (string, string?) Grant = ("grant_type", "client_credentials");

    [Test, Description("RFC 6749 §2.3.1: without a registered method, the server accepts client_secret_basic and client_secret_post")]
    public async Task Client_with_a_secret_can_use_basic_or_post()
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

    [Test, Description("RFC 6749 §2.3.1: client identifier and secret are form-encoded before they are encoded as Basic credentials")]
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
    [Description("RFC 6749 §2.3.1: credentials that are not form-encoded are rejected")]
    public async Task Basic_credentials_without_form_encoding_are_rejected(string secret)
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "unencoded", ClientSecret = secret });

        using HttpResponseMessage response = await bed.PostAsync(bed.Server.TokenEndpoint, Raw("unencoded:" + secret), Grant);

        Assert.That(await TestBed.ErrorAsync(response, HttpStatusCode.Unauthorized), Is.EqualTo("invalid_client"));
    }

    [TestCase("client_secret_basic", "post")]
    [TestCase("client_secret_basic", "none")]
    [TestCase("client_secret_post", "basic")]
    [TestCase("client_secret_post", "none")]
    [TestCase("none", "basic")]
    [TestCase("none", "post")]
    [Description("RFC 6749 §2.3, RFC 7591 §2: the client must use the registered method")]
    public async Task Method_other_than_the_registered_one_is_rejected(string registered, string used)
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
    [Description("RFC 6749 §2.3: the registered method is accepted")]
    public async Task Registered_method_is_accepted(string registered, string used)
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

    [Test, Description("RFC 6749 §2.3: a request must not use more than one authentication method")]
    public async Task Request_with_two_authentication_methods_is_rejected()
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

    [Test, Description("RFC 6749 §3.2.1: client_id in the body must match the Basic credentials")]
    public async Task Client_id_in_the_body_must_match_the_Basic_credentials()
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
    [TestCase("unknown", "test-secret")]
    [Description("RFC 6749 §5.2: the response is 401 with a Basic challenge")]
    public async Task Wrong_credentials_result_in_a_challenge(string id, string secret)
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
    [Description("RFC 6749 §5.2: malformed Basic credentials result in invalid_client")]
    public async Task Malformed_Basic_credentials_are_rejected(string header)
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
    [Description("RFC 6749 §2.3.1: credentials must not be in the request URI")]
    public async Task Credentials_in_the_query_are_rejected(string query)
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.PostAsync(new Uri(bed.Server.TokenEndpoint + "?" + query), Grant);

        Assert.That(await TestBed.ErrorAsync(response), Is.EqualTo("invalid_request"));
    }

    [Test, Description("RFC 6749 §3.2: the endpoint URI can contain a query")]
    public async Task Other_query_parameters_are_ignored()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.PostAsync(new Uri(bed.Server.TokenEndpoint + "?tenant=one"), Grant);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test, Description("RFC 6749 §3.2.1, RFC 7636: a public client redeems its code with client_id and code_verifier")]
    public async Task Public_client_redeems_a_code_with_its_client_id()
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

    [Test, Description("RFC 6749 §4.4.3: the response to client credentials contains no refresh token")]
    public async Task Client_credentials_return_only_an_access_token()
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

    [Test, Description("RFC 6749 §4.4: the grant is limited to confidential clients")]
    public async Task Public_client_cannot_use_client_credentials()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "public" });

        Assert.That(
            await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.TokenEndpoint, null, Grant, ("client_id", "public"))),
            Is.EqualTo("unauthorized_client")
        );
    }

    [TestCase("unknown")]
    [TestCase("openid")]
    [Description("RFC 6749 §5.2: an unknown scope and openid result in invalid_scope")]
    public async Task Client_credentials_with_an_unsuitable_scope_are_rejected(string scope)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(
            await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.TokenEndpoint, Grant, ("scope", scope))),
            Is.EqualTo("invalid_scope")
        );
    }

    private static AuthenticationHeaderValue Raw(string pair) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
}
