using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Where metadata are looked for, and what makes them believed (RFC 8414 §3, OpenID Connect Discovery §4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MetadataTests
{
    private const string Issuer = "https://as.example";
    private const string OAuth = "https://as.example/.well-known/oauth-authorization-server";
    private const string OpenId = "https://as.example/.well-known/openid-configuration";

    [TestCase(Issuer, OAuth)]
    [TestCase(Issuer + "/", OAuth)]
    [TestCase(Issuer + "/tenants/one", OAuth + "/tenants/one")]
    [TestCase(Issuer + "/tenants/one/", OAuth + "/tenants/one")]
    [TestCase(Issuer + ":8443/one", "https://as.example:8443/.well-known/oauth-authorization-server/one")]
    [Description("RFC 8414 §3.1: the well-known part stands between host and path; a slash at the end is removed first")]
    public async Task Without_openid_the_OAuth_address_comes_first(string issuer, string expected)
    {
        await using var server = Discovering(issuer);
        server.Answers(_ => Document(issuer));
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.Requests[0].Uri.AbsoluteUri, Is.EqualTo(expected));
        Assert.That(server.Requests[0].Method, Is.EqualTo(HttpMethod.Get));
        Assert.That(server.Requests[0].Accept, Is.EqualTo("application/json"));
        Assert.That(server.Requests[1].Uri.AbsoluteUri, Is.EqualTo("https://as.example/found/token"));
    }

    [TestCase(Issuer, OpenId)]
    [TestCase(Issuer + "/", OpenId)]
    [TestCase(Issuer + "/tenants/one", Issuer + "/tenants/one/.well-known/openid-configuration")]
    [TestCase(Issuer + "/tenants/one/", Issuer + "/tenants/one/.well-known/openid-configuration")]
    [Description("OpenID Connect Discovery §4: the well-known part stands behind the path; a slash at the end is removed first")]
    public async Task With_openid_the_OpenID_address_comes_first(string issuer, string expected)
    {
        await using var server = Discovering(issuer, o => o.Scopes = ["openid"]);
        server.Answers(_ => Document(issuer));
        await server.Client.BeginAuthorizationAsync();
        Assert.That(server.Only.Uri.AbsoluteUri, Is.EqualTo(expected));
    }

    private static IEnumerable<TestCaseData> NoMetadata()
    {
        yield return Case("404", () => new HttpResponseMessage(HttpStatusCode.NotFound));
        yield return Case("404 with JSON", () => ScriptedServer.Json(404, """{"issuer":"https://as.example"}"""));
        yield return Case("a page of HTML", () => ScriptedServer.Text(200, "<html>Welcome</html>", "text/html"));
        yield return Case("nothing", () => new HttpResponseMessage(HttpStatusCode.OK));
        yield return Case("an array", () => ScriptedServer.Json(200, "[]"));
        yield return Case("another success", () => ScriptedServer.Json(201, """{"issuer":"https://as.example"}"""));
        yield return Case(
            "a member twice",
            () => ScriptedServer.Json(200, """{"issuer":"https://as.example","issuer":"https://as.example"}""")
        );

        static TestCaseData Case(string name, Func<HttpResponseMessage> answer) => new TestCaseData(answer).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(NoMetadata))]
    [Description("RFC 8414 §3: what is no metadata document at the first address lets the second be asked")]
    public async Task Falls_back_to_the_other_address(Func<HttpResponseMessage> first)
    {
        await using var server = Discovering(Issuer);
        server.Answers(sentRequest => sentRequest.Uri.AbsoluteUri == OAuth ? first() : Document(Issuer));
        await server.Client.BeginAuthorizationAsync();
        Assert.That(server.Requests.Select(request => request.Uri.AbsoluteUri), Is.EqualTo(new[] { OAuth, OpenId }));
    }

    [TestCase(HttpStatusCode.Forbidden, "Check Issuer")]
    [TestCase(HttpStatusCode.InternalServerError, "try again later")]
    [Description("When neither address answers with metadata, the message names both and what they said, and whose fault it is")]
    public async Task Neither_address_has_any(HttpStatusCode second, string advice)
    {
        await using var server = Discovering(Issuer);
        server.Answers(sentRequest => new HttpResponseMessage(sentRequest.Uri.AbsoluteUri == OAuth ? HttpStatusCode.NotFound : second));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain($"{OAuth} answered 404")
                .And.Message.Contain($"{OpenId} answered {(int)second}")
                .And.Message.Contain(advice)
                .And.InnerException.TypeOf<EndpointException>()
        );
    }

    [Test]
    [Description("A network fault at the first address passes as it is: the second would not be a fallback but a guess")]
    public async Task Network_fault_passes()
    {
        await using var server = Discovering(Issuer);
        server.Answers(_ => throw new HttpRequestException("refused"));
        Assert.That(async () => await server.Client.BeginAuthorizationAsync(), Throws.TypeOf<HttpRequestException>());
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [TestCase(Issuer + "/", TestName = "Another_issuer_is_refused (slash)")]
    [TestCase("https://AS.example", TestName = "Another_issuer_is_refused (case)")]
    [TestCase("https://as.example:443", TestName = "Another_issuer_is_refused (default port)")]
    [TestCase("http://as.example", TestName = "Another_issuer_is_refused (scheme)")]
    [TestCase("https://evil.example", TestName = "Another_issuer_is_refused (host)")]
    [TestCase("", TestName = "Another_issuer_is_refused (empty)")]
    [TestCase(null, TestName = "Another_issuer_is_refused (missing)")]
    [Description(
        "RFC 8414 §3.3, threat: issuer confusion. Compared character by character; nothing else is called, and the document is not kept"
    )]
    public async Task Another_issuer_is_refused(string? named)
    {
        await using var server = Discovering(Issuer);
        server.Answers(_ => Document(named));
        for (int i = 1; i <= 2; i++)
        {
            Assert.That(
                async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
                Throws
                    .TypeOf<OAuthProtocolException>()
                    .With.Message.Contain($"'{Issuer}'")
                    .And.Message.Contain($"'{(string.IsNullOrEmpty(named) ? "nobody" : named)}'")
                    .And.Message.Contain("identical")
            );
            Assert.That(server.Requests.Select(request => request.Uri.AbsoluteUri), Is.EqualTo(Enumerable.Repeat(OAuth, i)));
            server.Clock.Advance(TimeSpan.FromSeconds(5));
        }
    }

    [TestCase(Issuer, Issuer + "/", "write Issuer exactly so (with a slash at the end).")]
    [TestCase(Issuer + "/", Issuer, "write Issuer exactly so (without the slash at the end).")]
    [TestCase(Issuer, "https://evil.example", "write Issuer exactly so.")]
    [TestCase(Issuer, null, "write Issuer exactly so.")]
    [Description("RFC 8414 §3.3: the message ends with what to write, and a slash, which is easily overlooked, is pointed out")]
    public async Task What_to_write_instead(string issuer, string? named, string advice)
    {
        await using var server = Discovering(issuer);
        server.Answers(_ => Document(named));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain($"'{named ?? "nobody"}'. They must").And.Message.EndsWith(advice)
        );
    }

    [Test]
    [Description("RFC 8414 §3.3: with a template it is the template that the metadata must name, and that the message speaks of")]
    public async Task What_to_write_instead_of_a_template()
    {
        await using var server = Discovering(Issuer, o => o.IssuerTemplate = Issuer + "/{tenantid}");
        server.Answers(_ => Document(Issuer));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contain($"'{Issuer}', not '{Issuer}/{{tenantid}}'. They must")
                .And.Message.Contain("write IssuerTemplate exactly so")
        );
    }

    [Test]
    [Description("When both addresses fail, the message says so of each, and what came in place of a document")]
    public async Task Both_addresses_fail()
    {
        await using var server = Discovering(Issuer);
        server.Answers(_ => new HttpResponseMessage(HttpStatusCode.InternalServerError));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain($"{OAuth} answered 500, {OpenId} answered 500. The server is at fault")
                .And.InnerException.Message.Contains("metadata endpoint")
        );

        server.Clock.Advance(TimeSpan.FromSeconds(5));
        server.Answers(_ => ScriptedServer.Text(200, "<html>Welcome</html>", "text/html"));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain(
                    $"{OAuth} answered 200 with 20 bytes of text/html instead of a JSON object, {OpenId} answered 200 with"
                )
        );
    }

    [Test]
    [Description("Each endpoint is the spelled-out one where there is one, and the discovered one where there is none (RFC 8414 §2)")]
    public async Task Every_endpoint([Values] bool spelledOut)
    {
        string[] names = ["revocation", "registration", "introspection", "userinfo", "end_session", "authorization"];
        await using var server = Discovering(Issuer);
        server.Answers(_ =>
            Document(
                Issuer,
                json =>
                {
                    foreach (string name in names)
                        json[name + "_endpoint"] = $"https://as.example/found/{name}";
                }
            )
        );
        string place = spelledOut ? "https://own.example" : "https://as.example/found";
        Uri? Own(string name) => spelledOut ? new($"https://own.example/{name}") : null;
        var configuration = SampleConfiguration.Create(o =>
        {
            o.Issuer = new(Issuer);
            o.RevocationEndpoint = Own("revocation");
            o.RegistrationEndpoint = Own("registration");
            o.IntrospectionEndpoint = Own("introspection");
            o.UserInfoEndpoint = Own("userinfo");
            o.EndSessionEndpoint = Own("end_session");
            o.AuthorizationEndpoint = Own("authorization");
            o.JwksUri = Own("jwks");
        });

        var found = await new ServerMetadataCache(server.BackChannelOf(), server.Clock).FindAsync(configuration, default);

        Assert.That(
            new[]
            {
                found.RevocationEndpoint,
                found.RegistrationEndpoint,
                found.IntrospectionEndpoint,
                found.UserInfoEndpoint,
                found.EndSessionEndpoint,
                found.AuthorizationEndpoint,
                found.JwksUri,
            },
            Is.EqualTo(names.Append("jwks").Select(name => new Uri($"{place}/{name}")))
        );
        Assert.That(found.TokenEndpoint, Is.EqualTo(new Uri("https://as.example/found/token")));
    }

    [Test]
    [Description("The other way round: an issuer registered with a slash is not the one without")]
    public async Task Registered_slash_counts()
    {
        await using var server = Discovering(Issuer + "/");
        server.Answers(_ => Document(Issuer));
        Assert.That(async () => await server.Client.BeginAuthorizationAsync(), Throws.TypeOf<OAuthProtocolException>());
    }

    [Test]
    [Description(
        "Threat: cleartext. An address in the metadata that is not https, or has a user or a fragment, makes them worthless as a whole (RFC 8414 §2)"
    )]
    public async Task Unsafe_endpoint_is_refused(
        [Values(
            "authorization_endpoint",
            "token_endpoint",
            "revocation_endpoint",
            "introspection_endpoint",
            "registration_endpoint",
            "userinfo_endpoint",
            "jwks_uri"
        )]
            string member,
        [Values(
            "http://as.example/x",
            "http://127.0.0.1/x",
            "ftp://as.example/x",
            "javascript:alert(1)",
            "//as.example/x",
            "/x",
            "as.example",
            "https://user@as.example/x",
            "https://as.example/x#fragment"
        )]
            string address
    )
    {
        await using var server = Discovering(Issuer);
        server.Answers(_ => Document(Issuer, json => json[member] = address));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain(member).And.Message.Contain("https")
        );
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Threat: cleartext. With http allowed for this machine, http to another one is still refused")]
    public async Task Loopback_leave_is_for_loopback()
    {
        await using var server = Discovering("http://127.0.0.1:9", o => o.DangerouslyAllowHttpOnLoopback = true);
        server.Answers(_ => Document("http://127.0.0.1:9", json => json["jwks_uri"] = "http://keys.example/jwks"));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("jwks_uri")
        );
    }

    [TestCase("token_endpoint", "5")]
    [TestCase("issuer", "[]")]
    [TestCase("code_challenge_methods_supported", "\"S256\"")]
    [TestCase("code_challenge_methods_supported", "[256]")]
    [TestCase("token_endpoint_auth_methods_supported", "{}")]
    [TestCase("token_endpoint_auth_methods_supported", "[\"\\ud800\"]")]
    [Description("RFC 8414 §2: a member of the wrong kind is a violation of the protocol, not an exception nobody expects")]
    public async Task Member_of_the_wrong_kind(string member, string value)
    {
        await using var server = Discovering(Issuer);
        server.Answers(_ =>
            ScriptedServer.Json(
                200,
                member == "issuer" ? $$"""{"issuer":{{value}}}""" : $$"""{"issuer":"{{Issuer}}","{{member}}":{{value}}}"""
            )
        );
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain(member)
        );
    }

    [Test]
    [Description("Metadata without a token endpoint: the message says what to spell out")]
    public async Task No_token_endpoint()
    {
        await using var server = Discovering(Issuer);
        server.Answers(_ => Document(Issuer, json => json.Remove("token_endpoint")));
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthException>().With.Message.Contain(Issuer).And.Message.Contain("TokenEndpoint")
        );
    }

    [Test]
    [Description("A spelled-out endpoint wins over the discovered one; the others are discovered")]
    public async Task Spelled_out_endpoint_wins()
    {
        await using var server = Discovering(
            Issuer,
            o =>
            {
                o.AuthorizationEndpoint = new("https://front.example/authorize");
                o.RevocationEndpoint = new("https://back.example/revoke");
                o.UserInfoEndpoint = new("https://back.example/userinfo");
            }
        );
        server.Answers(sentRequest =>
            sentRequest.Uri.AbsoluteUri switch
            {
                OAuth => Document(Issuer),
                "https://back.example/userinfo" => ScriptedServer.Json(200, """{"sub":"s"}"""),
                _ => ScriptedServer.Json(200, """{"access_token":"at","token_type":"Bearer"}"""),
            }
        );

        var pending = await server.Client.BeginAuthorizationAsync();
        await server.SignInAsync();
        await server.Client.GetUserInfoAsync(GrantOwner.User("42"));
        await server.Client.RevokeAsync(GrantOwner.User("42"));

        Assert.That(pending.AuthorizationUri.Host, Is.EqualTo("front.example"));
        Assert.That(
            server.Requests.Select(request => request.Uri.AbsoluteUri),
            Is.EqualTo(new[] { OAuth, "https://as.example/found/token", "https://back.example/userinfo", "https://back.example/revoke" })
        );
    }

    [Test]
    [Description("With the token endpoint spelled out nothing is discovered, even when the issuer is known")]
    public async Task Spelled_out_token_endpoint_means_no_discovery()
    {
        await using ScriptedServer server = new(o => o.Issuer = new(Issuer));
        await server.SignInAsync();
        Assert.That(server.Only.Uri.AbsoluteUri, Is.EqualTo("https://as.example/token"));
    }

    private static ScriptedServer Discovering(string issuer, Action<OAuthClientOptions>? options = null) =>
        new(o =>
        {
            o.TokenEndpoint = o.AuthorizationEndpoint = o.RevocationEndpoint = o.UserInfoEndpoint = null;
            o.Issuer = new(issuer);
            options?.Invoke(o);
        });

    private static HttpResponseMessage Document(string? issuer, Action<JsonObject>? change = null)
    {
        JsonObject json = new()
        {
            ["issuer"] = issuer,
            ["authorization_endpoint"] = "https://as.example/found/authorize",
            ["token_endpoint"] = "https://as.example/found/token",
            ["revocation_endpoint"] = "https://as.example/found/revoke",
            ["userinfo_endpoint"] = "https://as.example/found/userinfo",
            ["jwks_uri"] = "https://as.example/found/jwks",
            // What a token response would hold: the script answers every address with this.
            ["access_token"] = "at",
            ["token_type"] = "Bearer",
        };
        change?.Invoke(json);
        return ScriptedServer.Json(200, json.ToJsonString());
    }
}
