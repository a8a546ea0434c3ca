using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests that a request is sent only to the stated scheme, host and port.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OriginTests
{
    [TestCase("evil.example")]
    [TestCase("api.example.com.evil.example")]
    [TestCase("api.example.com:8443")]
    [Description(
        "The Host header decides which host TLS and a shared server address: a request with the header of another host is not sent"
    )]
    public async Task Other_host_by_header(string host)
    {
        Network network = new();
        await using var server = Calling(network, "https://api.example.com");
        using var http = Client(server);
        using HttpRequestMessage request = new(HttpMethod.Get, "https://api.example.com/me") { Headers = { Host = host } };
        Assert.That(
            async () => await http.SendAsync(request),
            Throws.TypeOf<OAuthException>().With.Message.Contain("Host header").And.Message.Contain("not sent")
        );

        using HttpRequestMessage same = new(HttpMethod.Get, "https://api.example.com/me") { Headers = { Host = "API.example.com" } };
        Assert.That(async () => await http.SendAsync(same), Throws.Nothing);
    }

    [TestCase("https://api.example.com:8443/me")]
    [TestCase("https://api.example.com:80/me")]
    [TestCase("http://api.example.com/me")]
    [TestCase("http://api.example.com:443/me")]
    [TestCase("https://api.example.com./me")]
    [TestCase("https://api.example.com.evil.example/me")]
    [TestCase("https://evil.example/api.example.com")]
    [TestCase("https://evil.example/https://api.example.com/")]
    [TestCase("https://evil.example?https://api.example.com")]
    [TestCase("https://evil.example#@api.example.com")]
    [TestCase("https://api.example.com@evil.example/me")]
    [TestCase("https://api.example.com:pw@evil.example/me")]
    [TestCase("https://api.example.com%2F@evil.example/me")]
    [TestCase("https://api.example.com;@evil.example/me")]
    [TestCase("https://api.example.com:443@evil.example/me")]
    [TestCase("https://user@api.example.com/me")]
    [TestCase("https://user:pw@api.example.com/me")]
    [TestCase("https://sub.api.example.com/me")]
    [TestCase("https://example.com/me")]
    [TestCase("https://xapi.example.com/me")]
    [TestCase("https://\u0430pi.example.com/me", Description = "Cyrillic a")]
    [TestCase("https://xn--pi-6kc.example.com/me")]
    [TestCase("https://ap\u0131.example.com/me", Description = "dotless i")]
    [TestCase("https://api\u200B.example.com.evil.example/me")]
    [TestCase("https://api.ex\uFFFDmple.com/me", Description = "not a host name")]
    [TestCase("https://127.0.0.1/me")]
    [TestCase("https://[::1]/me")]
    [TestCase("ftp://api.example.com/me")]
    [Description("RFC 6750 §5.3: nothing is sent to another origin. The exception states both origins, and neither token nor user")]
    public async Task A_request_to_another_origin_is_rejected(string address)
    {
        Network network = new();
        await using var server = Calling(network, "https://api.example.com");
        using var http = Client(server);
        Assert.That(
            async () => await http.GetAsync(new Uri(address)),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain("The access token of the OAuth client may go to https://api.example.com,")
                .And.Message.Contain("not sent")
                .And.Message.Contain("To(")
                .And.Message.Not.Contain("pw")
                .And.Message.Not.Contain("user@")
        );
        Assert.That(network.Requests, Is.Zero);
        Assert.That(server.Requests, Is.Empty, "not even a token is requested");
    }

    [Test]
    [Description("The origin is checked before the owner and the grant")]
    public async Task The_origin_is_checked_first()
    {
        Network network = new();
        await using var server = Calling(network, "https://api.example.com");
        using var http = Client(server);
        await http.GetAsync(new Uri("https://api.example.com/me"));
        using RecordedMeasurements measured = new(server.Services);
        Assert.That(
            async () => await http.GetAsync(new Uri("https://evil.example/")),
            Throws.TypeOf<OAuthException>().With.Message.Contain("may go to")
        );
        Assert.That(measured.Tags("oauthclient.token.lookups"), Is.Empty);

        await using ScriptedServer another = new(register: builder =>
            builder
                .Services.AddHttpClient("api")
                .AddAccessTokenHandler(t => t.ForRequestOwner().To("https://api.example.com"))
                .ConfigurePrimaryHttpMessageHandler(() => network)
        );
        using var withoutOwner = Client(another);
        Assert.That(
            async () => await withoutOwner.GetAsync(new Uri("https://evil.example/")),
            Throws.TypeOf<OAuthException>().With.Message.Contain("may go to")
        );
    }

    [TestCase("https://api.example.com", "https://api.example.com/me")]
    [TestCase("https://api.example.com", "https://api.example.com")]
    [TestCase("https://api.example.com", "https://api.example.com/@evil.example")]
    [TestCase("https://api.example.com", "https://api.example.com?@evil.example")]
    [TestCase("https://api.example.com", "https://api.example.com#@evil.example")]
    [TestCase("https://api.example.com", "https://API.Example.COM/me")]
    [TestCase("https://api.example.com", "HTTPS://api.example.com:443/me?x#y")]
    [TestCase("https://API.example.com:443/", "https://api.example.com/")]
    [TestCase("https://api.example.com:8443", "https://api.example.com:8443/a/b")]
    [TestCase("https://b\u00fccher.example", "https://xn--bcher-kva.example/me")]
    [TestCase("https://xn--bcher-kva.example", "https://B\u00dcCHER.example/me")]
    [TestCase("http://127.0.0.1:5000", "http://127.0.0.1:5000/me")]
    [TestCase("http://localhost:5000", "http://LOCALHOST:5000/me")]
    [TestCase("http://[::1]:5000", "http://[0:0:0:0:0:0:0:1]:5000/me")]
    [Description("RFC 3986 §6.2: different notations of the same origin are equal")]
    public async Task Equal_origins_in_different_notations(string stated, string address)
    {
        Network network = new();
        await using var server = Calling(network, stated);
        using var http = Client(server);
        await http.GetAsync(new Uri(address));
        Assert.That(network.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Several_stated_origins()
    {
        Network network = new();
        await using var server = Calling(network, "https://one.example", "https://two.example:8443");
        using var http = Client(server);
        await http.GetAsync(new Uri("https://one.example/"));
        await http.GetAsync(new Uri("https://two.example:8443/"));
        Assert.That(
            async () => await http.GetAsync(new Uri("https://two.example/")),
            Throws.TypeOf<OAuthException>().With.Message.Contain("https://one.example, https://two.example:8443,")
        );
        Assert.That(network.Requests, Is.EqualTo(2));
    }

    [Test]
    [Description("Over real sockets: another port on the same host receives no request")]
    public async Task Another_port_receives_no_request()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await using var hostile = await host.Server.StartResourceServerAsync();
        await host.SignInAsync();
        Assert.That(async () => await host.Http.GetAsync(new Uri(hostile.BaseAddress, "/me")), Throws.TypeOf<OAuthException>());
        Assert.That(hostile.Requests, Is.Empty);
    }

    [Test]
    [Description("An address that an outer handler changed is checked too")]
    public async Task Address_changed_by_an_outer_handler()
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                http.AddHttpMessageHandler(() => new Diverting());
                OAuthTestHost.ForOwner(http, api);
            }
        );
        await host.SignInAsync();
        Assert.That(async () => await host.Http.GetAsync("/me"), Throws.TypeOf<OAuthException>());
    }

    [Test]
    public async Task No_absolute_address()
    {
        Network network = new();
        await using var server = Calling(network, "https://api.example.com");
        using HttpMessageInvoker invoker = new(server.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("api"));
        foreach (var address in new[] { new Uri("/me", UriKind.Relative), null })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, address);
            Assert.That(
                async () => await invoker.SendAsync(request, default),
                Throws.InvalidOperationException.With.Message.Contain("BaseAddress")
            );
        }
        Assert.That(network.Requests, Is.Zero);
    }

    private static ScriptedServer Calling(Network network, params string[] origins) =>
        new(register: builder =>
            builder
                .Services.AddHttpClient("api")
                .AddAccessTokenHandler(t =>
                {
                    t.ForClient();
                    foreach (string origin in origins)
                        t.To(origin);
                })
                .ConfigurePrimaryHttpMessageHandler(() => network)
        );

    private static HttpClient Client(ScriptedServer server) => server.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");

    private sealed class Network : HttpMessageHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            Assert.That(request.Headers.GetValues("Authorization").Single(), Is.EqualTo("Bearer at"));
            return Task.FromResult(new HttpResponseMessage());
        }
    }

    private sealed class Diverting : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new("http://127.0.0.1:9/");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
