using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests that connections to private addresses are rejected after name resolution (RFC 9700 §4.9, RFC 6890).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class PublicAddressConnectorTests
{
    [TestCase("0.0.0.0")]
    [TestCase("10.1.2.3")]
    [TestCase("100.64.0.1")]
    [TestCase("100.127.255.255")]
    [TestCase("127.0.0.1")]
    [TestCase("127.255.255.254")]
    [TestCase("169.254.169.254")]
    [TestCase("172.16.0.1")]
    [TestCase("172.31.255.255")]
    [TestCase("192.0.0.1")]
    [TestCase("192.168.1.1")]
    [TestCase("198.18.0.1")]
    [TestCase("224.0.0.1")]
    [TestCase("240.0.0.1")]
    [TestCase("255.255.255.255")]
    [TestCase("::")]
    [TestCase("::1")]
    [TestCase("::7f00:1")]
    [TestCase("::ffff:127.0.0.1")]
    [TestCase("::ffff:169.254.169.254")]
    [TestCase("::ffff:10.0.0.1")]
    [TestCase("64:ff9b::10.0.0.1")]
    [TestCase("64:ff9b::169.254.169.254")]
    [TestCase("64:ff9b:1::8.8.8.8")]
    [TestCase("2002:a00:1::1")]
    [TestCase("2001:0:1234::1")]
    [TestCase("2001:db8::1")]
    [TestCase("fc00::1")]
    [TestCase("fd12:3456::1")]
    [TestCase("fe80::1")]
    [TestCase("fe80::1%1")]
    [TestCase("fec0::1")]
    [TestCase("ff02::1")]
    [Description("Private, link-local, loopback, multicast and other special addresses, also when embedded in IPv6, are not public")]
    public void A_private_address_is_not_public(string address) => Assert.That(PublicAddress.IsPublic(IPAddress.Parse(address)), Is.False);

    [TestCase("8.8.8.8")]
    [TestCase("9.255.255.255")]
    [TestCase("11.0.0.0")]
    [TestCase("100.63.255.255")]
    [TestCase("100.128.0.0")]
    [TestCase("169.253.255.255")]
    [TestCase("172.15.255.255")]
    [TestCase("172.32.0.0")]
    [TestCase("192.167.255.255")]
    [TestCase("192.169.0.0")]
    [TestCase("223.255.255.255")]
    [TestCase("::ffff:8.8.8.8")]
    [TestCase("64:ff9b::8.8.8.8")]
    [TestCase("2002:808:808::1")]
    [TestCase("2606:4700::1111")]
    [TestCase("2a00:1450:4001::200e")]
    [Description("RFC 6052: public addresses, also when embedded in IPv6, are public")]
    public void A_public_address_is_public(string address) => Assert.That(PublicAddress.IsPublic(IPAddress.Parse(address)), Is.True);

    [Test]
    [Description("DNS rebinding: the name is resolved once for the connection, and no connection to a private address is made")]
    public async Task A_name_with_private_addresses_is_not_connected_to()
    {
        using var server = PrivateServer.Listen();
        int resolutions = 0;
        await using var provider = Client(
            o => o.TokenEndpoint = new($"https://rebind.example:{server.Port}/token"),
            (_, _) =>
            {
                Interlocked.Increment(ref resolutions);
                return Task.FromResult<IPAddress[]>([
                    IPAddress.Loopback,
                    IPAddress.Parse("::ffff:127.0.0.1"),
                    IPAddress.Parse("169.254.169.254"),
                ]);
            }
        );

        Assert.That(
            async () => await Token(provider),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contains("rebind.example has a private address")
                .And.Message.Contains("no request was sent")
        );
        Assert.That(resolutions, Is.EqualTo(1));
        Assert.That(server.Pending, Is.False);
    }

    [TestCase("https://127.0.0.1")]
    [TestCase("https://[::1]")]
    [TestCase("https://2130706433")]
    [TestCase("https://0x7f.1")]
    [TestCase("https://[::ffff:127.0.0.1]")]
    [TestCase("https://localhost")]
    [Description("A literal private address is rejected in every notation")]
    public async Task A_private_address_is_not_connected_to(string origin)
    {
        using var server = PrivateServer.Listen();
        await using var provider = Client(o => o.TokenEndpoint = new($"{origin}:{server.Port}/token"));
        Assert.That(async () => await Token(provider), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("private address"));
        Assert.That(server.Pending, Is.False);
    }

    [Test]
    [Description("DNS rebinding: the connection uses the address that was checked, without a second resolution")]
    public async Task The_checked_address_is_connected_to()
    {
        using var server = PrivateServer.Listen();
        int resolutions = 0;
        await using var provider = Client(
            o =>
            {
                o.TokenEndpoint = new($"https://made-up.invalid:{server.Port}/token");
                o.DangerouslyAllowHttpOnLoopback = true;
            },
            (host, _) =>
            {
                Interlocked.Increment(ref resolutions);
                Assert.That(host, Is.EqualTo("made-up.invalid"));
                return Task.FromResult<IPAddress[]>([IPAddress.Parse("10.255.255.1"), IPAddress.Loopback]);
            }
        );

        var token = Token(provider);
        // The connection reaches this listener after the private address was skipped, and expects TLS.
        await server.CloseAsync().Promptly();
        Assert.That(async () => await token.Promptly(), Throws.TypeOf<HttpRequestException>());
        Assert.That(resolutions, Is.EqualTo(1));
    }

    [Test]
    [Description("A login on loopback succeeds when both options are set, as in development")]
    public async Task A_login_on_loopback_succeeds_when_allowed()
    {
        await using var host = await OAuthTestHost.StartAsync(o => (o.RefusePrivateAddresses, o.Scopes) = (true, ["openid"]));
        Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    private static IEnumerable<TestCaseData> IncompatibleHandlers()
    {
        yield return Case("another handler", () => new HttpClientHandler(), "connections of a HttpClientHandler");
        yield return Case("a custom handler", () => new NoNetwork(), "connections of a NoNetwork");
        yield return Case("a proxy", () => new SocketsHttpHandler { Proxy = new WebProxy("http://proxy.example:3128") }, "proxy");
        yield return Case(
            "a connect callback",
            () => new SocketsHttpHandler { ConnectCallback = (_, _) => throw new InvalidOperationException("never") },
            "ConnectCallback"
        );
        yield return Case("wrapped", () => new Wrapper { InnerHandler = new NoNetwork() }, "connections of a NoNetwork");

        static TestCaseData Case(string name, Func<HttpMessageHandler> handler, string fragment) =>
            new TestCaseData(handler, fragment).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(IncompatibleHandlers))]
    [Description("A handler that bypasses the connection check is rejected with an exception")]
    public async Task A_handler_that_bypasses_the_check_is_rejected(Func<HttpMessageHandler> handler, string fragment)
    {
        await using var provider = Client(o => o.TokenEndpoint = new("https://server.example/token"), handler: handler);
        Assert.That(
            async () => await Token(provider),
            Throws.InvalidOperationException.With.Message.Contains(fragment).And.Message.Contains("RefusePrivateAddresses")
        );
    }

    [Test]
    [Description("A handler shared by several clients is configured once, without the proxy of the environment")]
    public void A_shared_handler_is_configured_once()
    {
        using SocketsHttpHandler sockets = new();
        PublicAddressConnector connection = new(Dns.GetHostAddressesAsync, allowLoopback: false);
        connection.Guard(sockets);
        var callback = sockets.ConnectCallback;
        new PublicAddressConnector(Dns.GetHostAddressesAsync, allowLoopback: false).Guard(sockets);
        Assert.That(sockets.ConnectCallback, Is.SameAs(callback));
        Assert.That(sockets.UseProxy, Is.False);
        Assert.That(
            () => new PublicAddressConnector(Dns.GetHostAddressesAsync, allowLoopback: true).Guard(sockets),
            Throws.InvalidOperationException,
            "another setting"
        );
    }

    [Test]
    [Description("Private addresses are allowed by default")]
    public async Task Private_addresses_are_allowed_by_default()
    {
        using var server = PrivateServer.Listen();
        await using var provider = Client(o =>
            (o.TokenEndpoint, o.RefusePrivateAddresses) = (new($"https://127.0.0.1:{server.Port}/token"), false)
        );
        var token = Token(provider);
        await server.CloseAsync().Promptly();
        Assert.That(async () => await token.Promptly(), Throws.TypeOf<HttpRequestException>());
    }

    private static ServiceProvider Client(
        Action<OAuthClientOptions> options,
        DnsResolver? resolve = null,
        Func<HttpMessageHandler>? handler = null
    )
    {
        ServiceCollection services = new();
        if (resolve is not null)
            services.AddSingleton(resolve);
        var builder = services.AddOAuthClient(o =>
        {
            (o.ClientId, o.ClientSecret, o.RefusePrivateAddresses) = ("client", "secret", true);
            options(o);
        });
        if (handler is not null)
            builder.BackChannel.ConfigurePrimaryHttpMessageHandler(handler);
        builder.UseResilience(_ => { });
        return services.BuildServiceProvider();
    }

    private static Task<AccessToken> Token(IServiceProvider provider) =>
        provider.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.Client).AsTask();

    private sealed class NoNetwork : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("never");
    }

    private sealed class Wrapper : DelegatingHandler;

    /// <summary>A server at a private address that records connections.</summary>
    private sealed class PrivateServer : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public bool Pending => listener.Pending();

        public static PrivateServer Listen()
        {
            PrivateServer server = new();
            server.listener.Start();
            return server;
        }

        public async Task CloseAsync() => (await listener.AcceptTcpClientAsync()).Dispose();

        public void Dispose() => listener.Dispose();
    }
}
