using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;
using static OAuthClient.Tests.ServiceDiscoveryHost;

namespace OAuthClient.Tests;

/// <summary>
/// Tests an HTTP client whose stated name is resolved by a handler: the name is checked first, and the resolved address last.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ServiceDiscoveryTests
{
    [Test]
    [Description("At every position of AddServiceDiscovery() the token is sent to the resolved instance, with path and query unchanged")]
    public async Task Resolved([Values] Place place)
    {
        await using var host = await StartAsync(place);
        var grant = await host.SignedInAsync();
        using var response = await host.Http.GetAsync("/echo?x=1&y=a%20b");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var request = host.Api.Requests.Single();
        Assert.That(request.Headers["Authorization"], Is.EqualTo("Bearer " + grant.AccessToken!.Reveal()));
        Assert.That((request.Path, request.QueryString), Is.EqualTo(("/echo", "?x=1&y=a%20b")));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 6750 §3.1: a rejected token is replaced, and the request is resolved and sent once more")]
    public async Task Replayed([Values] Place place)
    {
        await using var host = await StartAsync(place);
        await host.SignedInAsync();
        host.Server.ExpireAccessTokens();
        using var response = await host.Http.GetAsync("/me");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("Threat: redirect leak. Service discovery restores the address after a redirect; the request is still not replayed")]
    public async Task Redirected_to_a_hostile_host([Values] Place place)
    {
        await using var host = await StartAsync(place);
        await using var hostile = await host.Server.StartResourceServerAsync();
        await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Redirect(new Uri(hostile.BaseAddress, "/me")));
        using var response = await host.Http.GetAsync("/me");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(hostile.Requests.Single().Headers, Does.Not.ContainKey("Authorization"));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(1));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("A name with https is resolved to https; the Host header that service discovery sets is the stated name")]
    public async Task Https_stays_https([Values] Place place)
    {
        Recording network = new();
        await using var host = await StartAsync(
            place,
            t => t.To("https://photos-tls").AllowServiceDiscovery(),
            "https://photos-tls",
            network
        );
        await host.SignedInAsync();
        using var response = await host.Http.GetAsync("/me");
        Assert.That(network.Address, Is.EqualTo(new Uri("https://127.0.0.1:9/me")));
        Assert.That(network.Host, Is.Null.Or.EqualTo("photos-tls"));
        Assert.That(network.HasToken);
    }

    [TestCase("https+http://other-api/me")]
    [TestCase("https+http://photos-api.evil.example/me")]
    [TestCase("https+http://photos-api:8080/me")]
    [TestCase("https://photos-api/me")]
    [TestCase("http://photos-api/me")]
    [TestCase("https+http://user@photos-api/me")]
    [TestCase("https+http://_other.photos-api/me")]
    [TestCase("")]
    [Description("The name is checked before it is resolved; an address that the application sets itself does not count as resolved")]
    public async Task Other_name(string address)
    {
        foreach (var place in Enum.GetValues<Place>())
        {
            await using var host = await StartAsync(place);
            await using var hostile = await host.Server.StartResourceServerAsync();
            await host.SignedInAsync();
            Uri other = address.Length == 0 ? new(hostile.BaseAddress, "/me") : new(address);
            Assert.That(
                async () => await host.Http.GetAsync(other),
                Throws.TypeOf<OAuthException>().With.Message.Contain("may go to " + Service).And.Message.Contain("not sent")
            );
            Assert.That(host.Api.Requests, Is.Empty);
            Assert.That(hostile.Requests, Is.Empty);
            Assert.That(host.TokenRequests, Is.Zero);
        }
    }

    [Test]
    [Description("A caller's Host header must name the stated service, because service discovery would keep it")]
    public async Task Host_header_of_the_caller([Values] Place place)
    {
        await using var host = await StartAsync(place);
        await host.SignedInAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, "/me") { Headers = { Host = "evil.example" } };
        Assert.That(async () => await host.Http.SendAsync(request), Throws.TypeOf<OAuthException>().With.Message.Contain("Host header"));
        using HttpRequestMessage same = new(HttpMethod.Get, "/me") { Headers = { Host = "photos-api" } };
        using var response = await host.Http.SendAsync(same);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(1));
    }

    private static IEnumerable<TestCaseData> Changes()
    {
        yield return Case("path", Service, request => request.RequestUri = new(request.RequestUri!, "/admin"));
        yield return Case("query", Service, request => request.RequestUri = new(request.RequestUri!, "/me?scope=admin"));
        yield return Case("user info", Service, request => request.RequestUri = new($"http://user@{request.RequestUri!.Authority}/me"));
        yield return Case("http beyond this machine", Service, request => request.RequestUri = new("http://photos.example/me"));
        yield return Case("another scheme", Service, request => request.RequestUri = new("ftp://127.0.0.1/me"));
        yield return Case("https to http", "https://photos-api", request => request.RequestUri = new("http://127.0.0.1:9/me"));
        yield return Case("http to https", "http://localhost:9", request => request.RequestUri = new("https://127.0.0.1:9/me"));
        yield return Case("no address", Service, request => request.RequestUri = null);
        yield return Case("Host header", Service, request => request.Headers.Host = "evil.example");
        yield return Case(
            "unreadable Host header",
            Service,
            request =>
            {
                request.Headers.Host = null;
                request.Headers.TryAddWithoutValidation("Host", "evil.example:99999");
            }
        );

        static TestCaseData Case(string name, string stated, Action<HttpRequestMessage> change) =>
            new TestCaseData(stated, change).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Changes))]
    [Description("RFC 6750 §5.3: with AllowServiceDiscovery() a handler may change host and port, and nothing else")]
    public async Task Changed_more_than_the_authority(string stated, Action<HttpRequestMessage> change)
    {
        foreach (var place in Enum.GetValues<Place>())
        {
            await using var host = await StartAsync(
                place,
                t => t.To(stated).AllowServiceDiscovery(),
                stated,
                last: http => http.AddHttpMessageHandler(() => new Changing(change))
            );
            await host.SignedInAsync();
            Assert.That(async () => await host.Http.GetAsync("/me"), Throws.TypeOf<OAuthException>().With.Message.Contain("not sent"));
            Assert.That(host.Api.Requests, Is.Empty);
        }
    }

    [Test]
    [Description("The scheme https+http must be resolved by a handler, so it requires AllowServiceDiscovery()")]
    public void Scheme_that_is_to_be_resolved()
    {
        Assert.That(
            () => Add(t => t.ForClient().To(Service)),
            Throws.InvalidOperationException.With.Message.Contain("AllowServiceDiscovery()")
        );
        Assert.That(() => Add(t => t.ForClient().To(Service).AllowServiceDiscovery()), Throws.Nothing);
        Assert.That(() => Add(t => t.AllowServiceDiscovery().ForClient().To(new Uri(Service))), Throws.Nothing);
        string[] others =
        [
            "https+http://photos-api/v1",
            "https+http://user@photos-api",
            "https+http://photos-api/?x",
            "ftp+http://photos-api",
            "http://photos-api",
            "https+http:",
        ];
        foreach (string origin in others)
            Assert.That(() => Add(t => t.ForClient().AllowServiceDiscovery().To(origin)), Throws.ArgumentException, origin);
    }

    private static void Add(Action<AccessTokenHandlerOptions> configure) =>
        new ServiceCollection().AddHttpClient("api").AddAccessTokenHandler(configure);

    [Test]
    [Description("A WebSocket in clear text is no address of https+http: nothing is sent before a handler has chosen the scheme")]
    public async Task A_WebSocket_in_clear_text_is_not_of_https_and_http()
    {
        Recording network = new();
        await using var host = await StartAsync(
            place: null,
            t => t.To("https+http://orders:80").AllowServiceDiscovery(),
            "https+http://orders:80",
            network
        );
        await host.SignedInAsync();

        Assert.That(async () => await host.Http.GetAsync("ws://orders:80/me"), Throws.InstanceOf<OAuthException>());
        Assert.That(network.Address, Is.Null);
    }
}
