using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the resource server and the UserInfo endpoint.</summary>
[TestFixture]
internal sealed class ResourceServerTests
{
    [Test, Description("RFC 6750 §3.1: the challenge contains no error code if the request contains no token")]
    public async Task Request_without_a_token_results_in_a_challenge_without_an_error()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();

        using HttpResponseMessage response = await bed.GetAsync(new Uri(api.BaseAddress, "/me"));

        AssertChallenge(response, HttpStatusCode.Unauthorized, "realm=\"photos\"");
    }

    [Test, Description("RFC 6750 §3.1: an unknown or expired token results in invalid_token")]
    public async Task Invalid_token_results_in_a_challenge()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        string token = (string)(await bed.TokensAsync())["access_token"]!;
        bed.Clock.Advance(TimeSpan.FromHours(1));

        using HttpResponseMessage unknown = await bed.GetAsync(new Uri(api.BaseAddress, "/me"), "made-up");
        using HttpResponseMessage expired = await bed.GetAsync(new Uri(api.BaseAddress, "/me"), token);

        AssertChallenge(
            unknown,
            HttpStatusCode.Unauthorized,
            "realm=\"photos\", error=\"invalid_token\", error_description=\"The access token is unknown.\""
        );
        AssertChallenge(
            expired,
            HttpStatusCode.Unauthorized,
            "realm=\"photos\", error=\"invalid_token\", error_description=\"The access token has expired or was revoked.\""
        );
    }

    [TestCase("", null)]
    [TestCase("Basic realm=\"photos\"", "Basic realm=\"photos\"")]
    [TestCase(null, "Bearer realm=\"photos\", error=\"invalid_token\", error_description=\"The access token is unknown.\"")]
    [Description("APIs that deviate from RFC 6750 §3.1: a 401 with another challenge, or with none")]
    public async Task Challenge_can_be_replaced(string? option, string? challenge)
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync(options => options.Challenge = option);

        using HttpResponseMessage response = await bed.GetAsync(new Uri(api.BaseAddress, "/me"), "made-up");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(
            response.Headers.WwwAuthenticate.Select(value => value.ToString()),
            Is.EqualTo(challenge is null ? [] : new[] { challenge })
        );
    }

    [Test, Description("RFC 6750 §3.1: the challenge contains insufficient_scope and the required scope")]
    public async Task Token_without_the_required_scope_is_rejected()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync(options =>
            options.RequiredScope = "api photos.read"
        );
        string narrow = (string)(await bed.TokensAsync())["access_token"]!;
        string wide = (string)(await bed.TokensAsync(("scope", "photos.read api")))["access_token"]!;

        using HttpResponseMessage rejected = await bed.GetAsync(new Uri(api.BaseAddress, "/me"), narrow);
        using HttpResponseMessage accepted = await bed.GetAsync(new Uri(api.BaseAddress, "/me"), wide);

        AssertChallenge(
            rejected,
            HttpStatusCode.Forbidden,
            "realm=\"photos\", error=\"insufficient_scope\", error_description=\"The access token lacks a required scope.\", "
                + "scope=\"api photos.read\""
        );
        Assert.That(accepted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test, Description("RFC 6750 §2.3, RFC 9700 §4.3.2: a token in the query is rejected")]
    public async Task Token_in_the_query_is_rejected_even_if_it_is_valid()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        string token = (string)(await bed.TokensAsync())["access_token"]!;
        Uri uri = new(api.BaseAddress, "/me?access_token=" + token);

        using HttpResponseMessage queryOnly = await bed.GetAsync(uri);
        using HttpResponseMessage queryAndHeader = await bed.GetAsync(uri, token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await TestBed.ErrorAsync(queryOnly), Is.EqualTo("invalid_request"));
            Assert.That(await TestBed.ErrorAsync(queryAndHeader), Is.EqualTo("invalid_request"));
        }
    }

    [TestCase("Bearer")]
    [TestCase("Basic dGVzdDp0ZXN0")]
    [Description("RFC 6750 §2.1, RFC 9449 §7.1: only the schemes Bearer and DPoP with a token are accepted")]
    public async Task Other_schemes_are_treated_as_a_missing_token(string header)
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(api.BaseAddress, "/me"));
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(header);

        using HttpResponseMessage response = await bed.Http.SendAsync(request);

        AssertChallenge(response, HttpStatusCode.Unauthorized, "realm=\"photos\"");
    }

    [Test, Description("RFC 6750 §2.1: a token must match b64token")]
    public async Task Malformed_token_is_rejected()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(api.BaseAddress, "/me"));
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer one, Bearer two");

        Assert.That(await TestBed.ErrorAsync(await bed.Http.SendAsync(request)), Is.EqualTo("invalid_request"));
    }

    [TestCase("https://api.example.com/photos", "https://api.example.com/photos", HttpStatusCode.OK)]
    [TestCase("https://api.example.com/photos", "https://api.example.com/mail", HttpStatusCode.Unauthorized)]
    [TestCase("https://api.example.com/photos", null, HttpStatusCode.OK)]
    [Description("RFC 8707 §2: a token is valid only for the requested resource")]
    public async Task Token_is_valid_for_its_resource_only(string resource, string? requested, HttpStatusCode expected)
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync(options => options.Resource = new Uri(resource));
        string token = (string)(await bed.TokensAsync(("resource", requested)))["access_token"]!;

        using HttpResponseMessage response = await bed.GetAsync(new Uri(api.BaseAddress, "/me"), token);

        Assert.That(response.StatusCode, Is.EqualTo(expected));
    }

    [Test, Description("RFC 8707 §2: RequireResource rejects a token without a resource")]
    public async Task Token_without_a_resource_is_rejected_if_one_is_required()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync(options => options.RequireResource = true);
        string token = (string)(await bed.TokensAsync())["access_token"]!;

        using HttpResponseMessage response = await bed.GetAsync(new Uri(api.BaseAddress, "/me"), token);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test, Description("/me returns the claims of the user, the client and the scope of the token")]
    public async Task Me_returns_the_claims_and_the_client()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        string token = (string)(await bed.TokensAsync())["access_token"]!;

        JsonObject me = await TestBed.JsonAsync(await bed.GetAsync(new Uri(api.BaseAddress, "/me"), token), HttpStatusCode.OK);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)me["sub"], Is.EqualTo("alice"));
            Assert.That((string?)me["name"], Is.EqualTo("Alice Adams"));
            Assert.That((string?)me["client_id"], Is.EqualTo("test-client"));
            Assert.That((string?)me["scope"], Is.EqualTo("openid profile api offline_access"));
        }
    }

    [Test, Description("/echo returns method, query, headers and body")]
    public async Task Echo_returns_the_received_request()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(api.BaseAddress, "/echo?a=b"))
        {
            Content = new StringContent("the body"),
        };
        request.Headers.Authorization = new("Bearer", (string?)(await bed.TokensAsync())["access_token"]);
        request.Headers.Add("X-Mine", "yes");

        JsonObject echo = await TestBed.JsonAsync(await bed.Http.SendAsync(request), HttpStatusCode.OK);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)echo["method"], Is.EqualTo("POST"));
            Assert.That((string?)echo["query"]!["a"], Is.EqualTo("b"));
            Assert.That((string?)echo["headers"]!["X-Mine"], Is.EqualTo("yes"));
            Assert.That((string?)echo["body"], Is.EqualTo("the body"));
        }
    }

    [Test]
    public async Task Photos_returns_a_list_and_unknown_paths_return_404()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        string token = (string)(await bed.TokensAsync())["access_token"]!;

        using HttpResponseMessage photos = await bed.GetAsync(new Uri(api.BaseAddress, "/photos"), token);
        JsonArray list = JsonNode.Parse(await photos.Content.ReadAsStringAsync())!.AsArray();
        using HttpResponseMessage unknown = await bed.GetAsync(new Uri(api.BaseAddress, "/unknown"), token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(list.Select(photo => (string?)photo!["title"]), Has.Exactly(4).Not.Empty);
            Assert.That((string?)list[0]!["image"], Does.StartWith("data:image/svg+xml;base64,"));
            Assert.That(unknown.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        }
    }

    [Test]
    public async Task Requests_and_faults_are_separate_from_the_authorization_server()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        api.Faults.Add(TestEndpoint.Resource, Fault.Status(503), times: 1);

        using HttpResponseMessage faulty = await bed.GetAsync(new Uri(api.BaseAddress, "/me"));
        using HttpResponseMessage next = await bed.GetAsync(new Uri(api.BaseAddress, "/me"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(api.Requests.Select(request => request.ResponseStatus), Is.EqualTo(new int?[] { 503, 401 }));
            Assert.That(bed.Server.Requests, Is.Empty);
        }
    }

    [Test, Description("OpenID Connect Core §5.3.1, §5.3.3: the UserInfo endpoint is a protected resource")]
    public async Task UserInfo_requires_a_token_with_openid()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string token = (string)(await bed.TokensAsync(("scope", "api")))["access_token"]!;

        using HttpResponseMessage none = await bed.GetAsync(bed.Server.UserInfoEndpoint);
        using HttpResponseMessage narrow = await bed.GetAsync(bed.Server.UserInfoEndpoint, token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(none.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(none.Headers.WwwAuthenticate.ToString(), Does.Not.Contain("error"));
            Assert.That(await TestBed.ErrorAsync(narrow, HttpStatusCode.Forbidden), Is.EqualTo("insufficient_scope"));
        }
    }

    [Test, Description("OpenID Connect Core §5.4: the scopes determine the claims")]
    public async Task UserInfo_contains_the_claims_of_the_scopes()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.OnUserInfo = claims => claims["extra"] = 1);
        bed.Server.AddUser(
            new TestUser
            {
                Subject = "d",
                UserName = "dora",
                Claims =
                {
                    ["name"] = "Dora",
                    ["email"] = "d@example.com",
                    ["staff"] = true,
                },
            }
        );
        Uri callback = await bed.Server.SignInAsync(
            bed.AuthorizationUri(("scope", "openid email")),
            new SignInOptions { UserName = "dora" }
        );
        JsonObject tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);

        JsonObject user = await TestBed.JsonAsync(
            await bed.GetAsync(bed.Server.UserInfoEndpoint, (string?)tokens["access_token"]),
            HttpStatusCode.OK
        );

        Assert.That(user.ToJsonString(), Is.EqualTo("""{"sub":"d","email":"d@example.com","staff":true,"extra":1}"""));
    }

    private static void AssertChallenge(HttpResponseMessage response, HttpStatusCode status, string parameters)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(status));
            Assert.That(response.Headers.WwwAuthenticate.Single().Scheme, Is.EqualTo("Bearer"));
            Assert.That(response.Headers.WwwAuthenticate.Single().Parameter, Is.EqualTo(parameters));
        }
    }
}
