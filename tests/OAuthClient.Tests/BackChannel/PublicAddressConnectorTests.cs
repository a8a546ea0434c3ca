using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>What an address from outside names is no machine of ours: refused where the connection is made, whatever the name said before (RFC 9700 §4.9, RFC 6890).</summary>
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
    [Description("Threat: SSRF. Private, link-local, loopback, multicast and other special addresses, also those that carry one")]
    public void A_private_address_is_not_public(string address) =>
        Assert.That(PublicAddressConnector.IsPublic(IPAddress.Parse(address)), Is.False);

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
    [Description("What is for everybody to reach is reached, behind a translator too (RFC 6052)")]
    public void A_public_address_is_public(string address) =>
        Assert.That(PublicAddressConnector.IsPublic(IPAddress.Parse(address)), Is.True);

    [Test]
    [Description(
        "Threat: SSRF by DNS rebinding. The name is resolved for the connection, once, and no connection is made: 0 connections, and no second attempt"
    )]
    public async Task A_name_that_leads_inside_is_not_connected_to()
    {
        using var inside = Inside.Listen();
        int asked = 0;
        await using var provider = Client(
            o => o.TokenEndpoint = new($"https://rebind.example:{inside.Port}/token"),
            (_, _) =>
            {
                Interlocked.Increment(ref asked);
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
                .With.Message.Contains("rebind.example is at a private address")
                .And.Message.Contains("nothing was sent")
        );
        Assert.That(asked, Is.EqualTo(1));
        Assert.That(inside.Pending, Is.False);
    }

    [TestCase("https://127.0.0.1")]
    [TestCase("https://[::1]")]
    [TestCase("https://2130706433")]
    [TestCase("https://0x7f.1")]
    [TestCase("https://[::ffff:127.0.0.1]")]
    [TestCase("https://localhost")]
    [Description("Threat: SSRF. An address is looked at like a name, however it is written")]
    public async Task An_address_that_leads_inside_is_not_connected_to(string origin)
    {
        using var inside = Inside.Listen();
        await using var provider = Client(o => o.TokenEndpoint = new($"{origin}:{inside.Port}/token"));
        Assert.That(async () => await Token(provider), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("private address"));
        Assert.That(inside.Pending, Is.False);
    }

    [Test]
    [Description("DNS rebinding: what was looked at is what is connected to; nobody asks for the name again")]
    public async Task What_was_looked_at_is_connected_to()
    {
        using var inside = Inside.Listen();
        int asked = 0;
        await using var provider = Client(
            o =>
            {
                o.TokenEndpoint = new($"https://made-up.invalid:{inside.Port}/token");
                o.DangerouslyAllowHttpOnLoopback = true;
            },
            (host, _) =>
            {
                Interlocked.Increment(ref asked);
                Assert.That(host, Is.EqualTo("made-up.invalid"));
                return Task.FromResult<IPAddress[]>([IPAddress.Parse("10.255.255.1"), IPAddress.Loopback]);
            }
        );

        var token = Token(provider);
        // It came here, past the private address before it; what it wants to hear is TLS.
        await inside.HangUpAsync().Promptly();
        Assert.That(async () => await token.Promptly(), Throws.TypeOf<HttpRequestException>());
        Assert.That(asked, Is.EqualTo(1));
    }

    [Test]
    [Description("With both options a whole login works on this machine, as it does in development")]
    public async Task A_login_on_loopback_where_that_is_allowed()
    {
        await using var host = await OAuthTestHost.StartAsync(o => (o.RefusePrivateAddresses, o.Scopes) = (true, ["openid"]));
        Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    private static IEnumerable<TestCaseData> Blindfolds()
    {
        yield return Case("another handler", () => new HttpClientHandler(), "HttpClientHandler does not show it");
        yield return Case("a handler of one's own", () => new NoNetwork(), "NoNetwork does not show it");
        yield return Case("a proxy", () => new SocketsHttpHandler { Proxy = new WebProxy("http://proxy.example:3128") }, "proxy");
        yield return Case(
            "a connect callback",
            () => new SocketsHttpHandler { ConnectCallback = (_, _) => throw new InvalidOperationException("never") },
            "ConnectCallback"
        );
        yield return Case("wrapped", () => new Wrapper { InnerHandler = new NoNetwork() }, "NoNetwork does not show it");

        static TestCaseData Case(string name, Func<HttpMessageHandler> handler, string words) =>
            new TestCaseData(handler, words).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Blindfolds))]
    [Description("Threat: SSRF. What a user sets for the back channel cannot take the option's effect away without a word")]
    public async Task What_would_blind_it_is_refused(Func<HttpMessageHandler> handler, string words)
    {
        await using var provider = Client(o => o.TokenEndpoint = new("https://server.example/token"), handler: handler);
        Assert.That(
            async () => await Token(provider),
            Throws.InvalidOperationException.With.Message.Contains(words).And.Message.Contains("RefusePrivateAddresses")
        );
    }

    [Test]
    [Description("A handler that several clients share is guarded once, and goes without the environment's proxy")]
    public void A_shared_handler_is_guarded_once()
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
            "another rule"
        );
    }

    [Test]
    [Description("Off unless set")]
    public async Task Off_unless_set()
    {
        using var inside = Inside.Listen();
        await using var provider = Client(o =>
            (o.TokenEndpoint, o.RefusePrivateAddresses) = (new($"https://127.0.0.1:{inside.Port}/token"), false)
        );
        var token = Token(provider);
        await inside.HangUpAsync().Promptly();
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

    /// <summary>A machine inside that hears who connects.</summary>
    private sealed class Inside : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public bool Pending => listener.Pending();

        public static Inside Listen()
        {
            Inside inside = new();
            inside.listener.Start();
            return inside;
        }

        public async Task HangUpAsync() => (await listener.AcceptTcpClientAsync()).Dispose();

        public void Dispose() => listener.Dispose();
    }
}
