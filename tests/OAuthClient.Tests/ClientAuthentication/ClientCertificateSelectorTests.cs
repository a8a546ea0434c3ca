using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests client certificates in TLS handshakes with the endpoints that request them (RFC 8705 §2, §5).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientCertificateSelectorTests
{
    [Test]
    [Description(
        "Module oidcc-client-test-mtls-endpoint-aliases; RFC 8705 §2, §5: the certificate is presented at the aliased token "
            + "endpoint, client_id is in the body, without other credentials"
    )]
    public async Task The_alias_is_called_with_the_certificate()
    {
        await using var host = await CertificateHost.StartAsync();
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        var request = host.Server.Requests.Single();
        Assert.That(
            request,
            Is.EqualTo(
                new MutualTlsServer.ReceivedRequest(
                    IsAtAlias: true,
                    "/token",
                    "grant_type=client_credentials&client_id=client",
                    host.Certificate.Thumbprint,
                    Authorization: ""
                )
            )
        );
    }

    [Test]
    [Description("RFC 8705 §5: an endpoint without an alias is called at its own address; the error message names the option")]
    public async Task An_endpoint_without_alias_is_called_at_its_address()
    {
        await using var host = await CertificateHost.StartAsync();
        Assert.That(
            async () => await host.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync("a-token"),
            Throws.TypeOf<EndpointException>().With.Message.Contains("UseClientCertificate").And.Message.Not.Contains("ClientSecret")
        );
        Assert.That(host.Server.Requests.Single().IsAtAlias, Is.False);
    }

    [Test]
    [Description("RFC 8705 §5: every endpoint that is called directly may have an alias")]
    public async Task The_introspection_endpoint_may_have_an_alias()
    {
        await using var host = await CertificateHost.StartAsync();
        host.Server.Metadata = json =>
            json["mtls_endpoint_aliases"] = new JsonObject
            {
                ["introspection_endpoint"] = new Uri(host.Server.Alias, "introspect").AbsoluteUri,
            };
        Assert.That((await host.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync("a-token")).IsActive, Is.True);
        Assert.That(host.Server.Requests.Single().IsAtAlias, Is.True);
    }

    [Test]
    [Description("RFC 8705 §5: a client without a certificate ignores the aliases, including invalid ones")]
    public async Task A_client_without_certificate_ignores_the_aliases()
    {
        await using var host = await CertificateHost.StartAsync(o => o.ClientSecret = "a-secret", usesCertificate: false);
        host.Server.Metadata = json => json["mtls_endpoint_aliases"]!["revocation_endpoint"] = "http://elsewhere.example/";
        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(host.Server.Requests.Single(), Has.Property("IsAtAlias").False.And.Property("Thumbprint").Null);
    }

    [Test]
    [Description(
        "RFC 8705 §3, §5, RFC 6749 §2.3: a client with a secret uses the alias too, because its tokens may be bound to the "
            + "certificate, and authenticates with the secret only"
    )]
    public async Task A_secret_with_a_certificate_authenticates()
    {
        await using var host = await CertificateHost.StartAsync(o => o.ClientSecret = "a-secret");
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        var request = host.Server.Requests.Single();
        Assert.That(request.IsAtAlias, Is.True);
        Assert.That(request.Authorization, Does.StartWith("Basic "));
        Assert.That(request.Body, Is.EqualTo("grant_type=client_credentials"));
    }

    [TestCase("http://127.0.0.1/token")]
    [TestCase("https://user@127.0.0.1/token")]
    [TestCase("https://127.0.0.1/token#here")]
    [TestCase("/token")]
    [Description("An alias is validated like every endpoint, and requires TLS even if http on loopback is allowed")]
    public async Task Aliases_are_validated(string address)
    {
        await using var host = await CertificateHost.StartAsync(o => o.DangerouslyAllowHttpOnLoopback = true);
        host.Server.Metadata = json => json["mtls_endpoint_aliases"] = new JsonObject { ["token_endpoint"] = address };
        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("token_endpoint")
        );
        Assert.That(host.Server.Requests, Is.Empty);
    }

    [Test]
    [Description("RFC 8705 §5: the aliases are a JSON object")]
    public async Task Aliases_must_be_an_object()
    {
        await using var host = await CertificateHost.StartAsync();
        host.Server.Metadata = json => json["mtls_endpoint_aliases"] = "https://127.0.0.1/token";
        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("mtls_endpoint_aliases")
        );
    }

    [Test]
    [Description("A configured endpoint overrides the alias")]
    public async Task A_configured_endpoint_overrides_the_alias()
    {
        await using var host = await CertificateHost.StartAsync();
        host.Server.Metadata = json =>
            json["mtls_endpoint_aliases"] = new JsonObject { ["introspection_endpoint"] = "https://127.0.0.1:1/" };
        await using var other = await CertificateHost.StartAsync(
            host.Server,
            o => o.IntrospectionEndpoint = new(host.Server.Alias, "configured")
        );
        await other.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync("a-token");
        Assert.That(host.Server.Requests.Single().Path, Is.EqualTo("/configured"));
    }

    [Test]
    [Description("A renewed certificate is used for the next connection without a restart")]
    public async Task A_renewed_certificate_is_used()
    {
        await using var host = await CertificateHost.StartAsync(network: handler => handler.PooledConnectionLifetime = TimeSpan.Zero);
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        string first = host.Certificate.Thumbprint;
        using var renewed = MutualTlsServer.SelfSigned("CN=client");
        host.Certificate = renewed;
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(host.Server.Requests.Select(request => request.Thumbprint), Is.EqualTo([first, renewed.Thumbprint]));
    }

    [Test]
    [Description("A certificate without private key throws; requests succeed five seconds after it is corrected")]
    public async Task A_certificate_without_private_key_throws()
    {
        await using var host = await CertificateHost.StartAsync();
        var complete = host.Certificate;
        using var withoutKey = X509CertificateLoader.LoadCertificate(complete.RawData);
        host.Certificate = withoutKey;
        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthException>().With.Message.Contains("private key")
        );
        host.Clock.Advance(TimeSpan.FromSeconds(5));
        host.Certificate = null!;
        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthException>().With.Message.Contains("returned no certificate")
        );
        host.Clock.Advance(TimeSpan.FromSeconds(5));
        host.Certificate = complete;
        Assert.That(async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.Nothing);
    }

    [Test]
    [Description("A primary handler that does not support renewed certificates is rejected")]
    public async Task A_primary_handler_without_certificate_renewal_is_rejected()
    {
        await using ScriptedServer server = new(
            o => o.ClientSecret = null,
            builder =>
                builder
                    .UseClientCertificate(_ => throw new InvalidOperationException("the certificate is not requested"))
                    .BackChannel.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler())
        );
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.InvalidOperationException.With.Message.Contains("SocketsHttpHandler")
        );
    }

    private sealed class CertificateHost : IAsyncDisposable
    {
        private readonly ServiceProvider provider;
        private readonly X509Certificate2 own = MutualTlsServer.SelfSigned("CN=client");
        private readonly bool ownsServer;

        private CertificateHost(
            MutualTlsServer server,
            bool ownsServer,
            Action<OAuthClientOptions>? options,
            bool usesCertificate,
            Action<SocketsHttpHandler>? network
        )
        {
            (Server, this.ownsServer) = (server, ownsServer);
            Certificate = own;
            ServiceCollection services = new();
            services.AddSingleton<TimeProvider>(Clock);
            var builder = services
                .AddOAuthClient(o =>
                {
                    (o.Issuer, o.ClientId) = (server.Issuer, "client");
                    options?.Invoke(o);
                })
                .UseResilience(_ => { });
            if (usesCertificate)
                builder.UseClientCertificate(_ => Certificate);
            builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() =>
            {
                var handler = server.Network();
                network?.Invoke(handler);
                return handler;
            });
            provider = services.BuildServiceProvider();
        }

        public ManualTimeProvider Clock { get; } = new();
        public MutualTlsServer Server { get; }
        public X509Certificate2 Certificate { get; set; }
        public IServiceProvider Services => provider;
        public IOAuthClient Client => provider.GetRequiredService<IOAuthClient>();

        public static async Task<CertificateHost> StartAsync(
            Action<OAuthClientOptions>? options = null,
            bool usesCertificate = true,
            Action<SocketsHttpHandler>? network = null
        ) => new(await MutualTlsServer.StartAsync(), ownsServer: true, options, usesCertificate, network);

        public static Task<CertificateHost> StartAsync(MutualTlsServer server, Action<OAuthClientOptions> options) =>
            Task.FromResult(new CertificateHost(server, ownsServer: false, options, usesCertificate: true, network: null));

        public async ValueTask DisposeAsync()
        {
            await provider.DisposeAsync();
            if (ownsServer)
                await Server.DisposeAsync();
            own.Dispose();
        }
    }
}
