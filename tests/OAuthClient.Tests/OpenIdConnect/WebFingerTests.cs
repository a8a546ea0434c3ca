using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests issuer discovery with WebFinger (OpenID Connect Discovery §2, RFC 7033).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class WebFingerTests
{
    private const string Found =
        """{"subject":"x","links":[{"rel":"other","""
        + """ "href":"https://other.example"},{"rel":"http://openid.net/specs/connect/1.0/issuer","""
        + """ "href":"https://as.example/tenant"}]}""";

    [TestCase("joe@example.com", "acct:joe@example.com", "https://example.com")]
    [TestCase(" joe@example.com ", "acct:joe@example.com", "https://example.com")]
    [TestCase("acct:joe@example.com", "acct:joe@example.com", "https://example.com")]
    [TestCase("ACCT:joe@example.com", "acct:joe@example.com", "https://example.com")]
    [TestCase(
        "acct:juliet%40capulet.example@shopping.example.com",
        "acct:juliet%40capulet.example@shopping.example.com",
        "https://shopping.example.com"
    )]
    [TestCase("joe@EXAMPLE.com", "acct:joe@EXAMPLE.com", "https://example.com")]
    [TestCase("j\u00f6@b\u00fccher.example", "acct:j\u00f6@b\u00fccher.example", "https://xn--bcher-kva.example")]
    [TestCase("acct:joe@example.com:8443", "acct:joe@example.com:8443", "https://example.com:8443")]
    [TestCase("joe@example.com:8080", "https://joe@example.com:8080/", "https://example.com:8080")]
    [TestCase("https://example.com", "https://example.com/", "https://example.com")]
    [TestCase("https://example.com/joe", "https://example.com/joe", "https://example.com")]
    [TestCase("https://example.com/joe#me", "https://example.com/joe", "https://example.com")]
    [TestCase("https://example.com/joe?a=b", "https://example.com/joe?a=b", "https://example.com")]
    [TestCase("example.com", "https://example.com/", "https://example.com")]
    [TestCase("example.com/joe", "https://example.com/joe", "https://example.com")]
    [TestCase("example.com:8080", "https://example.com:8080/", "https://example.com:8080")]
    [TestCase("https://[2606:4700::1111]/joe", "https://[2606:4700::1111]/joe", "https://[2606:4700::1111]")]
    [Description("OpenID Connect Discovery §2.1.2, §2.2: the identifier is normalized to a resource and the host to query")]
    public async Task The_identifier_is_normalized(string typed, string resource, string origin)
    {
        await using Host host = new(Found);
        var issuer = await host.FindAsync(typed);

        Assert.That(issuer.OriginalString, Is.EqualTo("https://as.example/tenant"));
        var asked = host.Requests.Single();
        Assert.That(asked.Method, Is.EqualTo(HttpMethod.Get));
        Assert.That(asked.Uri.GetLeftPart(UriPartial.Path), Is.EqualTo(new Uri(origin + "/.well-known/webfinger").AbsoluteUri));
        Assert.That(
            QueryPairs.Of(asked.Uri).Select(pair => $"{pair.Key}={pair.Value}"),
            Is.EqualTo([$"resource={resource}", "rel=http://openid.net/specs/connect/1.0/issuer"])
        );
        Assert.That(asked.Accept, Is.EqualTo("application/jrd+json, application/json"));
    }

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("=joe")]
    [TestCase("@joe")]
    [TestCase("!joe")]
    [TestCase("joe@")]
    [TestCase("acct:joe")]
    [TestCase("acct:@example.com")]
    [TestCase("acct:joe@example.com/path")]
    [TestCase("acct:joe@example.com?x")]
    [TestCase("http://example.com")]
    [TestCase("ftp://example.com")]
    [TestCase("file:///etc/passwd")]
    [TestCase("javascript://example.com")]
    [TestCase("joe smith@example.com")]
    [TestCase("joe@example.com\r\nHost: evil")]
    [TestCase("https://")]
    [TestCase("joe@exa mple.com")]
    [Description("OpenID Connect Discovery §2.1.2: a text that is not an identifier causes no request")]
    public async Task A_text_that_is_not_an_identifier_causes_no_request(string typed)
    {
        await using Host host = new(Found);
        Assert.That(async () => await host.FindAsync(typed), Throws.TypeOf<FormatException>());
        Assert.That(async () => await host.FindAsync(new string('a', 5000) + "@example.com"), Throws.TypeOf<FormatException>());
        Assert.That(host.Requests, Is.Empty);
    }

    [TestCase(
        """{"links":[{"rel":"http://openid.net/specs/connect/1.0/issuer","href":"http://as.example"}]}""",
        "must be an https address"
    )]
    [TestCase(
        """{"links":[{"rel":"http://openid.net/specs/connect/1.0/issuer","href":"https://as.example?x=y"}]}""",
        "must be an https address"
    )]
    [TestCase(
        """{"links":[{"rel":"http://openid.net/specs/connect/1.0/issuer","href":"https://as.example#x"}]}""",
        "must be an https address"
    )]
    [TestCase(
        """{"links":[{"rel":"http://openid.net/specs/connect/1.0/issuer","href":"https://user@as.example"}]}""",
        "must be an https address"
    )]
    [TestCase("""{"links":[{"rel":"http://openid.net/specs/connect/1.0/issuer","href":"/relative"}]}""", "must be an https address")]
    [TestCase(
        """{"links":[{"rel":"http://openid.net/specs/connect/1.0/issuer","href":"javascript:alert(1)"}]}""",
        "must be an https address"
    )]
    [TestCase("""{"links":[{"rel":"http://openid.net/specs/connect/1.0/issuer"}]}""", "no issuer")]
    [TestCase("""{"links":[{"rel":"http://openid.net/specs/connect/1.0/issuer","href":5}]}""", "no issuer")]
    [TestCase("""{"links":[5,null,{"rel":5},{"rel":"issuer","href":"https://as.example"}]}""", "no issuer")]
    [TestCase("""{"links":{}}""", "no issuer")]
    [TestCase("{}", "no issuer")]
    [Description("OpenID Connect Discovery §2: the response must name an issuer, and it must be an https address")]
    public async Task A_missing_or_unsafe_issuer_is_rejected(string answer, string words)
    {
        await using Host host = new(answer);
        Assert.That(
            async () => await host.FindAsync("joe@example.com"),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(words)
        );
    }

    [TestCase(404, "")]
    [TestCase(200, "<html>")]
    [TestCase(200, "[]")]
    [TestCase(200, "{\"links\":[],\"links\":[]}")]
    [TestCase(500, "{}")]
    [TestCase(302, "")]
    [Description("RFC 7033 §4.2: a response without a descriptor is an error, and a redirect is not followed")]
    public async Task A_response_without_a_descriptor_is_an_error(int status, string body)
    {
        await using Host host = new(body, status);
        Assert.That(
            async () => await host.FindAsync("joe@example.com"),
            Throws.TypeOf<EndpointException>().With.Message.Contains("WebFinger endpoint")
        );
        Assert.That(host.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Threat: oversized body")]
    public async Task An_oversized_body_is_rejected()
    {
        await using Host host = new("{\"x\":\"" + new string('x', 70_000) + "\"}");
        Assert.That(
            async () => await host.FindAsync("joe@example.com"),
            Throws.TypeOf<HttpRequestException>().With.Message.Contains("longer than 65536 bytes")
        );
    }

    [Test]
    [Description("A truncated response is a network failure that names the endpoint; the message does not contain the identifier")]
    public async Task A_truncated_response_is_a_network_failure()
    {
        await using RawServer raw = new(
            "HTTP/1.1 200 OK\nContent-Type: application/jrd+json\nContent-Length: 1000\nConnection: close",
            "{"u8.ToArray()
        );
        ServiceCollection services = new();
        services.AddWebFinger(o => (o.DangerouslyAllowHttpOnLoopback, o.DangerouslyAllowPrivateAddresses) = (true, true));
        await using var provider = services.BuildServiceProvider();

        Assert.That(
            async () => await provider.GetRequiredService<WebFinger>().FindIssuerAsync($"acct:joe@{raw.Address.Authority}").Promptly(),
            Throws
                .TypeOf<HttpRequestException>()
                .With.Property(nameof(HttpRequestException.HttpRequestError))
                .EqualTo(HttpRequestError.ResponseEnded)
                .And.Message.Contain($"The response of the WebFinger endpoint ({raw.Address}")
                .And.Message.Not.Contain("joe")
        );
    }

    [TestCase("joe@127.0.0.1:{0}")]
    [TestCase("acct:joe@localhost:{0}")]
    [TestCase("https://localhost:{0}/joe")]
    [Description("Threat: SSRF. An identifier leads to no private address unless an option allows it: no connection is opened")]
    public async Task A_private_address_receives_no_request(string typed)
    {
        using System.Net.Sockets.TcpListener inside = new(IPAddress.Loopback, 0);
        inside.Start();
        ServiceCollection services = new();
        services.AddWebFinger();
        await using var provider = services.BuildServiceProvider();
        string identifier = string.Format(null, typed, ((IPEndPoint)inside.LocalEndpoint).Port);
        if (!identifier.StartsWith("acct:", StringComparison.Ordinal) && !identifier.StartsWith("https:", StringComparison.Ordinal))
            identifier = "acct:" + identifier;

        Assert.That(
            async () => await provider.GetRequiredService<WebFinger>().FindIssuerAsync(identifier),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("private address")
        );
        Assert.That(inside.Pending(), Is.False);
    }

    [Test]
    [Description(
        "Modules oidcc-client-test-discovery-webfinger-acct and -url, over a socket; each option that lowers security is logged once"
    )]
    public async Task The_issuer_is_found_over_a_socket()
    {
        await using var server = await TestAuthorizationServer.StartAsync();
        RecordedLog log = new();
        ServiceCollection services = new();
        services.AddSingleton<ILoggerProvider>(log);
        services.AddWebFinger(o => (o.DangerouslyAllowHttpOnLoopback, o.DangerouslyAllowPrivateAddresses) = (true, true));
        await using var provider = services.BuildServiceProvider();
        var webFinger = provider.GetRequiredService<WebFinger>();

        Assert.That(
            (await webFinger.FindIssuerAsync($"acct:alice@{server.Issuer.Authority}")).OriginalString,
            Is.EqualTo(server.Issuer.OriginalString)
        );
        Assert.That(
            (await webFinger.FindIssuerAsync($"{server.Issuer.Authority}/alice")).OriginalString,
            Is.EqualTo(server.Issuer.OriginalString)
        );
        Assert.That(
            async () => await webFinger.FindIssuerAsync($"acct:unknown@{server.Issuer.Authority}"),
            Throws.TypeOf<EndpointException>()
        );
        var logged = log.Events(DangerousOptionsTests.Event).Select(entry => entry.Message).ToList();
        Assert.That(logged, Has.Count.EqualTo(2));
        Assert.That(logged, Has.One.StartsWith("WebFinger has the option DangerouslyAllowPrivateAddresses: "));
        Assert.That(logged, Has.One.StartsWith("WebFinger has the option DangerouslyAllowHttpOnLoopback: "));
    }

    [Test]
    [Description("Threat: slow body. A host that does not respond times out after 30 seconds; a canceled caller does not wait for it")]
    public async Task A_host_that_does_not_respond_times_out()
    {
        await using Host host = new(Found) { Hangs = true };
        var finding = host.FindAsync("joe@example.com");
        await host.Asked.Promptly();
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That(
            async () => await finding.Promptly(),
            Throws.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>()
        );

        using CancellationTokenSource cancellation = new();
        var leaving = host.FindAsync("jane@example.com", cancellation.Token);
        await cancellation.CancelAsync();
        Assert.That(
            async () => await leaving.Promptly(),
            Throws.InstanceOf<OperationCanceledException>().With.InnerException.Not.TypeOf<TimeoutException>()
        );
    }

    [Test]
    [Description("RFC 7033: a failed lookup is not repeated for five seconds, independent of the number of callers")]
    public async Task A_failure_is_cached_for_five_seconds()
    {
        await using Host host = new("", status: 404);
        for (int i = 0; i < 1000; i++)
            Assert.That(async () => await host.FindAsync("joe@example.com"), Throws.TypeOf<EndpointException>());
        Assert.That(host.Requests, Has.Count.EqualTo(1));
        host.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That(async () => await host.FindAsync("joe@example.com"), Throws.TypeOf<EndpointException>());
        Assert.That(host.Requests, Has.Count.EqualTo(2));
    }

    /// <summary>Handles the requests to all hosts with scripted responses.</summary>
    private sealed class Host : HttpMessageHandler, IAsyncDisposable
    {
        private readonly string answer;
        private readonly int status;
        private readonly ServiceProvider provider;
        private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Host(string answer, int status = 200)
        {
            (this.answer, this.status) = (answer, status);
            ServiceCollection services = new();
            services.AddSingleton<TimeProvider>(Clock);
            // Requests do not reach the network, so no address can be checked.
            services.AddWebFinger(o => o.DangerouslyAllowPrivateAddresses = true).ConfigurePrimaryHttpMessageHandler(() => this);
            provider = services.BuildServiceProvider();
        }

        public ManualTimeProvider Clock { get; } = new();
        public List<ScriptedServer.SentRequest> Requests { get; } = [];
        public bool Hangs { get; init; }
        public Task Asked => asked.Task;

        public Task<Uri> FindAsync(string identifier, CancellationToken cancellationToken = default) =>
            provider.GetRequiredService<WebFinger>().FindIssuerAsync(identifier, cancellationToken);

        public ValueTask DisposeAsync() => provider.DisposeAsync();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(await ScriptedServer.SentRequest.ReadAsync(request));
            asked.TrySetResult();
            if (Hangs)
                await Eventually.Never.WaitAsync(cancellationToken);
            return ScriptedServer.Text(status, answer, "application/jrd+json");
        }
    }
}
