using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests that a token is not sent to another origin after an inner handler changes the address of the request.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FinalAddressTests
{
    private static IEnumerable<TestCaseData> Places()
    {
        yield return Case("handler added after AddAccessTokenHandler", (http, handler) => http.AddHttpMessageHandler(handler));
        yield return Case(
            "defaults of all clients",
            (http, handler) =>
                http.Services.ConfigureHttpClientDefaults(all =>
                    all.ConfigureAdditionalHttpMessageHandlers((handlers, _) => handlers.Add(handler()))
                )
        );
        yield return Case(
            "options configured last",
            (http, handler) =>
                http.Services.PostConfigure<HttpClientFactoryOptions>(
                    "api",
                    options => options.HttpMessageHandlerBuilderActions.Add(handlers => handlers.AdditionalHandlers.Add(handler()))
                )
        );
        yield return Case(
            "builder filter",
            (http, handler) => http.Services.AddSingleton<IHttpMessageHandlerBuilderFilter>(new InnermostFilter(handler))
        );
        yield return Case(
            "around the primary handler",
            (http, handler) =>
                http.ConfigurePrimaryHttpMessageHandler(() =>
                {
                    var changing = handler();
                    changing.InnerHandler = new Passing(new SocketsHttpHandler());
                    return changing;
                })
        );
        yield return Case(
            "within the primary handler",
            (http, handler) =>
                http.ConfigurePrimaryHttpMessageHandler(() =>
                {
                    var changing = handler();
                    changing.InnerHandler = new SocketsHttpHandler();
                    return new Passing(changing);
                })
        );

        static TestCaseData Case(string name, Action<IHttpClientBuilder, Func<DelegatingHandler>> place) =>
            new TestCaseData(place).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Places))]
    [Description("RFC 6750 §5.3: at any position of the handler, the other host receives no request, and the message says what to declare")]
    public async Task Address_changed_by_a_handler(Action<IHttpClientBuilder, Func<DelegatingHandler>> place)
    {
        Uri? elsewhere = null;
        await using var testHost = await StartAsync(
            (http, _) => place(http, () => new Changing(request => request.RequestUri = elsewhere))
        );
        await using var hostile = await testHost.Server.StartResourceServerAsync();
        elsewhere = new(hostile.BaseAddress, "/me");
        await testHost.SignInAsync();
        Assert.That(
            async () => await testHost.Http.GetAsync("/me"),
            Throws.TypeOf<OAuthException>().With.Message.Contain(hostile.BaseAddress.Authority).And.Message.Contain("not sent")
        );
        Assert.That(hostile.Requests, Is.Empty);
        Assert.That(testHost.Api.Requests, Is.Empty);
    }

    [Test]
    [Description("The message states the change by the handler, the HTTP client and the method to call")]
    public async Task The_message_states_the_change()
    {
        await using var testHost = await StartAsync(
            (http, _) => http.AddHttpMessageHandler(() => new Changing(request => request.RequestUri = new("http://user:pw@127.0.0.1:9/")))
        );
        await testHost.SignInAsync();
        Assert.That(
            async () => await testHost.Http.GetAsync("/me"),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain("http://127.0.0.1:9")
                .And.Message.Contain(testHost.Api.BaseAddress.Authority)
                .And.Message.Contain("AllowServiceDiscovery()")
                .And.Message.Contain("handler")
                .And.Message.Not.Contain("pw")
        );
    }

    [TestCase("evil.example")]
    [TestCase("evil.example:99999", Description = "a value that .NET does not parse")]
    [TestCase("evil..example")]
    [TestCase("127.0.0.1, evil.example", Description = "two in one")]
    [Description("A Host header that the caller or a handler sets names another host to TLS, HTTP/2 and shared servers")]
    public async Task Host_header(string host)
    {
        await using var testHost = await StartAsync(
            (http, _) =>
                http.AddHttpMessageHandler(() =>
                    new Changing(request =>
                    {
                        if (request.Headers.NonValidated.Contains("X-By-Handler"))
                            request.Headers.TryAddWithoutValidation("Host", host);
                    })
                )
        );
        await testHost.SignInAsync();
        foreach (bool byHandler in new[] { false, true })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/me");
            request.Headers.TryAddWithoutValidation(byHandler ? "X-By-Handler" : "Host", host);
            Assert.That(
                async () => await testHost.Http.SendAsync(request),
                Throws.TypeOf<OAuthException>().With.Message.Contain("Host header").And.Message.Contain("not sent")
            );
        }
        Assert.That(testHost.Api.Requests, Is.Empty);
    }

    [Test]
    [Description("A second Host header is checked too")]
    public async Task Second_host_header()
    {
        await using var testHost = await StartAsync((_, _) => { });
        await testHost.SignInAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, "/me");
        request.Headers.TryAddWithoutValidation("Host", [testHost.Api.BaseAddress.Authority, "evil.example"]);
        Assert.That(
            async () => await testHost.Http.SendAsync(request),
            Throws.TypeOf<OAuthException>().With.Message.Contain("Host header")
        );
        Assert.That(testHost.Api.Requests, Is.Empty);
    }

    [Test]
    [Description("A handler may change the request to another stated origin or to another path, and to any address without the token")]
    public async Task Allowed_changes()
    {
        Uri? second = null;
        await using var testHost = await OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                second = new Uri($"http://localhost:{api.BaseAddress.Port}");
                http.AddAccessTokenHandler("photos", t => t.ForOwner(GrantOwner.User("42")).To(api.BaseAddress).To(second))
                    .AddHttpMessageHandler(() =>
                        new Changing(request =>
                        {
                            if (request.RequestUri!.AbsolutePath == "/without")
                                request.Headers.Authorization = null;
                            request.RequestUri = new Uri(second, "/echo");
                        })
                    );
            }
        );
        await using var other = await testHost.Server.StartResourceServerAsync();
        await testHost.SignInAsync();
        using var response = await testHost.Http.GetAsync("/me");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(testHost.Api.Requests.Single().Path, Is.EqualTo("/echo"));
        second = other.BaseAddress;
        using var anonymous = await testHost.Http.GetAsync("/without");
        Assert.That(other.Requests.Single().Headers, Does.Not.ContainKey("Authorization"));
    }

    [Test]
    [Description("Two clients share a primary handler: each request is checked by its own client only")]
    public async Task Shared_primary_handler()
    {
        using Passing shared = new(new SocketsHttpHandler { UseCookies = false });
        await using var testHost = await StartAsync(
            (http, _) =>
            {
                http.ConfigurePrimaryHttpMessageHandler(() => shared);
                http.Services.AddHttpClient("plain").ConfigurePrimaryHttpMessageHandler(() => shared);
            }
        );
        await using var other = await testHost.Server.StartResourceServerAsync();
        await testHost.SignInAsync();
        using var mine = await testHost.Http.GetAsync("/me");
        using var plain = testHost.Services.GetRequiredService<IHttpClientFactory>().CreateClient("plain");
        plain.DefaultRequestHeaders.Authorization = new("Bearer", "of its own");
        using var theirs = await plain.GetAsync(new Uri(other.BaseAddress, "/me"));
        Assert.That(mine.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(other.Requests.Single().Headers["Authorization"], Is.EqualTo("Bearer of its own"));
    }

    private static Task<OAuthTestHost> StartAsync(Action<IHttpClientBuilder, TestResourceServer> after) =>
        OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                OAuthTestHost.ForOwner(http, api);
                after(http, api);
            }
        );

    private sealed class Passing(HttpMessageHandler inner) : DelegatingHandler(inner);

    private sealed class Changing(Action<HttpRequestMessage> change) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            change(request);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class InnermostFilter(Func<DelegatingHandler> handler) : IHttpMessageHandlerBuilderFilter
    {
        public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) =>
            handlers =>
            {
                next(handlers);
                if (handlers.Name == "api")
                    handlers.AdditionalHandlers.Add(handler());
            };
    }
}
