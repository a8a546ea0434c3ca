using System.Net;
using System.Text.Json.Nodes;
using static OAuthClient.Tests.DiscoveredServer;

namespace OAuthClient.Tests;

/// <summary>Tests the discovery and validation of server metadata (RFC 8414 §3, OpenID Connect Discovery §4).</summary>
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
    [Description("RFC 8414 §3.1: the well-known segment is inserted between host and path, after a trailing slash is removed")]
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
    [Description("OpenID Connect Discovery §4: the well-known segment is appended to the path, after a trailing slash is removed")]
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
    [Description("RFC 8414 §3: the second address is requested when the first response is not a metadata document")]
    public async Task The_second_address_is_tried_when_the_first_has_no_metadata(Func<HttpResponseMessage> first)
    {
        await using var server = Discovering(Issuer);
        server.Answers(sentRequest => sentRequest.Uri.AbsoluteUri == OAuth ? first() : Document(Issuer));
        await server.Client.BeginAuthorizationAsync();
        Assert.That(server.Requests.Select(request => request.Uri.AbsoluteUri), Is.EqualTo(new[] { OAuth, OpenId }));
    }

    [TestCase(HttpStatusCode.Forbidden, "Check Issuer")]
    [TestCase(HttpStatusCode.InternalServerError, "try again later")]
    [Description("When neither address returns metadata, the message names both addresses, their status codes and the cause")]
    public async Task Both_addresses_without_metadata_are_named(HttpStatusCode second, string advice)
    {
        await using var server = Discovering(Issuer);
        server.Answers(sentRequest => new HttpResponseMessage(sentRequest.Uri.AbsoluteUri == OAuth ? HttpStatusCode.NotFound : second));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain($"{OAuth} returned 404")
                .And.Message.Contain($"{OpenId} returned {(int)second}")
                .And.Message.Contain(advice)
                .And.InnerException.TypeOf<EndpointException>()
        );
    }

    [Test]
    [Description("A network failure at the first address is thrown, and the second address is not requested")]
    public async Task A_network_failure_is_not_a_reason_to_try_the_second_address()
    {
        await using var server = Discovering(Issuer);
        server.Answers(_ => throw new HttpRequestException("refused"));
        Assert.That(async () => await server.Client.BeginAuthorizationAsync(), Throws.TypeOf<HttpRequestException>());
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [TestCase(Issuer + "/", TestName = "Another_issuer_is_rejected (slash)")]
    [TestCase("https://AS.example", TestName = "Another_issuer_is_rejected (case)")]
    [TestCase("https://as.example:443", TestName = "Another_issuer_is_rejected (default port)")]
    [TestCase("http://as.example", TestName = "Another_issuer_is_rejected (scheme)")]
    [TestCase("https://evil.example", TestName = "Another_issuer_is_rejected (host)")]
    [TestCase("", TestName = "Another_issuer_is_rejected (empty)")]
    [TestCase(null, TestName = "Another_issuer_is_rejected (missing)")]
    [Description(
        "RFC 8414 §3.3. Threat: issuer confusion. The issuer is compared character by character; on a mismatch no other "
            + "endpoint is called, and the metadata is not cached"
    )]
    public async Task Another_issuer_is_rejected(string? named)
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
                    .And.Message.Contain($"'{(string.IsNullOrEmpty(named) ? "none" : named)}'")
                    .And.Message.Contain("identical")
            );
            Assert.That(server.Requests.Select(request => request.Uri.AbsoluteUri), Is.EqualTo(Enumerable.Repeat(OAuth, i)));
            server.Clock.Advance(TimeSpan.FromSeconds(5));
        }
    }

    [TestCase(Issuer, Issuer + "/", "set Issuer to exactly that text (with a trailing slash).")]
    [TestCase(Issuer + "/", Issuer, "set Issuer to exactly that text (without the trailing slash).")]
    [TestCase(Issuer, "https://evil.example", "set Issuer to exactly that text.")]
    [TestCase(Issuer, null, "set Issuer to exactly that text.")]
    [Description("RFC 8414 §3.3: the message ends with the required setting and points out a trailing slash")]
    public async Task The_message_states_the_issuer_to_configure(string issuer, string? named, string advice)
    {
        await using var server = Discovering(issuer);
        server.Answers(_ => Document(named));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain($"'{named ?? "none"}'. They must").And.Message.EndsWith(advice)
        );
    }

    [Test]
    [Description("RFC 8414 §3.3: with IssuerTemplate the metadata must name the template, and the message states it")]
    public async Task The_message_states_the_template_to_configure()
    {
        await using var server = Discovering(Issuer, o => o.IssuerTemplate = Issuer + "/{tenantid}");
        server.Answers(_ => Document(Issuer));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contain($"'{Issuer}', not '{Issuer}/{{tenantid}}'. They must")
                .And.Message.Contain("set IssuerTemplate to exactly that text")
        );
    }

    [Test]
    [Description("When both requests fail, the message states both status codes and the unexpected content")]
    public async Task Both_failures_are_reported()
    {
        await using var server = Discovering(Issuer);
        server.Answers(_ => new HttpResponseMessage(HttpStatusCode.InternalServerError));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain($"{OAuth} returned 500, {OpenId} returned 500. The server failed")
                .And.InnerException.Message.Contains("metadata endpoint")
        );

        server.Clock.Advance(TimeSpan.FromSeconds(5));
        server.Answers(_ => ScriptedServer.Text(200, "<html>Welcome</html>", "text/html"));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain(
                    $"{OAuth} returned 200 with 20 bytes of text/html instead of a JSON object, {OpenId} returned 200 with"
                )
        );
    }

    [Test]
    [Description("An issuer that is configured with a trailing slash differs from the one without it")]
    public async Task A_trailing_slash_in_the_configured_issuer_is_significant()
    {
        await using var server = Discovering(Issuer + "/");
        server.Answers(_ => Document(Issuer));
        Assert.That(async () => await server.Client.BeginAuthorizationAsync(), Throws.TypeOf<OAuthProtocolException>());
    }
}
