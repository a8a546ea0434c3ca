using System.Net;
using System.Net.Http.Json;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that a 401 response with a Bearer challenge causes one refresh and one replay of a repeatable request, to the same address (RFC
/// 6750 §3.1).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ReplayTests
{
    private static IEnumerable<TestCaseData> RefreshableChallenges()
    {
        yield return Case("invalid_token", "Bearer error=\"invalid_token\"");
        yield return Case("no error", "Bearer realm=\"x\"");
        yield return Case("only the scheme", "Bearer");
        yield return Case("another case", "BEARER Error=invalid_token");
        yield return Case("with another scheme", "Basic realm=\"x\"", "Bearer error=\"invalid_token\"");
        yield return Case("with another scheme in one header", "Basic realm=\"x\", Bearer error=\"invalid_token\"");

        static TestCaseData Case(string name, params string[] challenges) => new TestCaseData(arg: challenges).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(RefreshableChallenges))]
    [Description(
        "RFC 6750 §3, §3.1: a Bearer challenge with invalid_token, or without an error, causes one refresh and one replay with "
            + "the new token"
    )]
    public async Task A_rejected_token_is_replaced_and_the_request_replayed(string[] challenges)
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        var grant = await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Unauthorized(challenges), times: 1);

        using var response = await host.Http.GetAsync("/me");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That(
            host.Api.Requests.Select(request => request.Headers["Authorization"]),
            Is.EqualTo(
                new[]
                {
                    "Bearer " + grant.AccessToken!.Reveal(),
                    "Bearer " + (await host.Client.FindGrantAsync(GrantOwner.User("42")))!.AccessToken!.Reveal(),
                }
            )
        );
        Assert.That(host.Api.Requests[0].Headers["Authorization"], Is.Not.EqualTo(host.Api.Requests[1].Headers["Authorization"]));
    }

    private static IEnumerable<TestCaseData> OtherResponses()
    {
        yield return Case("insufficient_scope", 401, "Bearer error=\"insufficient_scope\"");
        yield return Case("invalid_request", 401, "Bearer error=\"invalid_request\"");
        yield return Case(
            "invalid_token in the description only",
            401,
            "Bearer error=\"insufficient_scope\", error_description=\"error=\\\"invalid_token\\\", error=invalid_token\""
        );
        yield return Case("another scheme", 401, "Basic realm=\"error=invalid_token\"");
        yield return Case("DPoP", 401, "DPoP error=\"invalid_token\"");
        yield return Case(
            "several, none of them inviting",
            401,
            "Basic realm=\"x\"",
            "Bearer error=\"insufficient_scope\"",
            "DPoP error=\"invalid_token\""
        );
        yield return Case("no challenge", 401);
        yield return Case("403", 403, "Bearer error=\"invalid_token\"");
        yield return Case("400", 400, "Bearer error=\"invalid_token\"");
        yield return Case("407", 407, "Bearer error=\"invalid_token\"");
        yield return Case("500", 500, "Bearer error=\"invalid_token\"");

        static TestCaseData Case(string name, int status, params string[] challenges) =>
            new TestCaseData(status, challenges).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(OtherResponses))]
    [Description("RFC 6750 §3.1: any other response is returned unchanged and causes no token request")]
    public async Task Other_responses_are_returned_unchanged(int status, string[] challenges)
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Status(status, "as it came", "text/plain", challenges.Select(Challenge)));

        using var response = await host.Http.GetAsync("/me");

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("as it came"));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(1));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    private static IEnumerable<TestCaseData> Contents()
    {
        yield return Case("none", () => null, true);
        yield return Case("string", () => new StringContent("the body"), true);
        yield return Case("bytes", () => new ByteArrayContent([1, 2, 3]), true);
        yield return Case("memory", () => new ReadOnlyMemoryContent(new byte[] { 1, 2, 3 }), true);
        yield return Case("form", () => new FormUrlEncodedContent([new("a", "b")]), true);
        yield return Case("JSON", () => JsonContent.Create(new { A = 1 }), true);
        yield return Case(
            "multipart",
            () => new MultipartFormDataContent("b") { { new StringContent("x"), "x" }, { new ByteArrayContent([1]), "y" } },
            true
        );
        yield return Case("stream", () => new StreamContent(new MemoryStream([1, 2, 3])), false);
        yield return Case(
            "multipart with a stream",
            () => new MultipartFormDataContent("b") { { new StringContent("x"), "x" }, { new StreamContent(new MemoryStream([1])), "y" } },
            false
        );
        yield return Case(
            "multipart in multipart with a stream",
            () => new MultipartContent("mixed", "b") { new MultipartContent("mixed", "c") { new StreamContent(new MemoryStream([1])) } },
            false
        );
        yield return Case("custom content", () => new CustomContent(), false);

        static TestCaseData Case(string name, Func<HttpContent?> content, bool repeatable) =>
            new TestCaseData(content, repeatable).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Contents))]
    [Description("Repeatable content is sent again in full; other content is not, and the next request carries the new token")]
    public async Task Content(Func<HttpContent?> content, bool repeatable)
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Server.ExpireAccessTokens();
        using HttpRequestMessage request = new(HttpMethod.Post, "/echo") { Content = content() };

        using var response = await host.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(repeatable ? HttpStatusCode.OK : HttpStatusCode.Unauthorized));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(repeatable ? 2 : 1));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That(host.Api.Requests.Select(sent => (sent.Method, sent.Path, sent.Body)).Distinct().Count(), Is.EqualTo(1));
        Assert.That((await host.Http.GetAsync("/me")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("Content that cannot be sent again, and a token that cannot be replaced now: the API's response is returned")]
    public async Task Content_that_cannot_be_sent_again_while_the_server_fails()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Server.ExpireAccessTokens();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        using HttpRequestMessage request = new(HttpMethod.Post, "/echo") { Content = new StreamContent(new MemoryStream([1])) };

        using var response = await host.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase(301)]
    [TestCase(302)]
    [TestCase(303)]
    [TestCase(307)]
    [TestCase(308)]
    [Description(
        "Threat: redirect leak. The API redirects to a hostile host, which responds with a challenge: the host receives no "
            + "credential, and there is no replay"
    )]
    public async Task Redirected_to_a_hostile_host(int status)
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await using var hostile = await host.Server.StartResourceServerAsync();
        await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Redirect(new Uri(hostile.BaseAddress, "/me"), status));

        using var response = await host.Http.GetAsync("/me");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(hostile.Requests, Has.Count.EqualTo(1), "the handler follows redirects of the API, but without a token");
        Assert.That(hostile.Requests.Single().Headers, Does.Not.ContainKey("Authorization"));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("Threat: redirect leak. A request that was redirected to another path of the same host is not replayed")]
    public async Task Redirected_to_another_path()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Redirect(new Uri(host.Api.BaseAddress, "/echo")), times: 1);
        using var response = await host.Http.GetAsync("/me");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(2));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 6750 §3.1: the second 401 is returned; there is no third attempt")]
    public async Task Second_rejection_is_returned()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Unauthorized("Bearer error=\"invalid_token\""));
        using var response = await host.Http.GetAsync("/me");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(2));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Description("Threat: stampede. An API that rejects every call causes one token request a minute, not one per call")]
    public async Task Api_that_rejects_every_call(bool client)
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
                http.AddAccessTokenHandler("photos", t => (client ? t.ForClient() : t.ForOwner(GrantOwner.User("42"))).To(api.BaseAddress))
        );
        await host.SignInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Unauthorized("Bearer error=\"invalid_token\""));
        await host.Http.GetAsync("/me");
        host.Server.ClearRequests();
        host.Api.ClearRequests();

        for (int i = 0; i < 10; i++)
            Assert.That((await host.Http.GetAsync("/me")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(host.TokenRequests, Is.Zero);
        Assert.That(host.Api.Requests, Has.Count.EqualTo(10), "no replay");

        host.Clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        await host.Http.GetAsync("/me");
        Assert.That(host.TokenRequests, Is.Zero, "within the minute");
        host.Clock.Advance(TimeSpan.FromTicks(1));
        await host.Http.GetAsync("/me");
        Assert.That(host.TokenRequests, Is.EqualTo(1), "after the minute");
    }

    [Test]
    [Description(
        "A token that is rejected after long use is replaced each time, whether it was issued or refreshed: revocation is noticed"
    )]
    public async Task A_later_rejection_causes_another_refresh()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        for (int i = 1; i <= 3; i++)
        {
            host.Server.ExpireAccessTokens();
            Assert.That((await host.Http.GetAsync("/me")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(host.TokenRequests, Is.EqualTo(i));
            host.Clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Test]
    [Description("Threat: stampede. A hundred concurrent rejected calls share one token request, and all succeed")]
    public async Task Concurrent_rejections_share_one_refresh()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Server.ExpireAccessTokens();
        var http = host.Http;
        var responses = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => http.GetAsync("/me")))).Promptly();
        Assert.That(responses.Select(response => response.StatusCode), Is.All.EqualTo(HttpStatusCode.OK));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("A server that returns the rejected token again: one replay, then its 401, and no loop")]
    public async Task Same_token_again()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        var grant = await host.SignedInAsync();
        host.Server.Options.OnTokenResponse = response => response["access_token"] = grant.AccessToken!.Reveal();
        host.Server.ExpireAccessTokens();
        using var response = await host.Http.GetAsync("/me").Promptly();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    private static KeyValuePair<string, string> Challenge(string challenge) => new("WWW-Authenticate", challenge);

    private static Fault Unauthorized(params string[] challenges) => Fault.Status(401, headers: challenges.Select(Challenge));

    private sealed class CustomContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            stream.WriteAsync(new byte[] { 1 }).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 1;
            return true;
        }
    }
}
