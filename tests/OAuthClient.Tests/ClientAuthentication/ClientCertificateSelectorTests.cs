using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Who the client is, proven in the TLS handshake, at the addresses where that is asked for (RFC 8705 §2, §5).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientCertificateSelectorTests
{
    [Test]
    [Description(
        "Module oidcc-client-test-mtls-endpoint-aliases; RFC 8705 §2, §5: the certificate in the handshake at the aliased token endpoint, the client_id in the body, no other proof"
    )]
    public async Task The_alias_is_called_with_the_certificate()
    {
        await using var stage = await Stage.OpenAsync();
        await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        var request = stage.Server.Requests.Single();
        Assert.That(
            request,
            Is.EqualTo(
                new MutualTlsServer.Seen(
                    IsAtAlias: true,
                    "/token",
                    "grant_type=client_credentials&client_id=client",
                    stage.Certificate.Thumbprint,
                    Authorization: ""
                )
            )
        );
    }

    [Test]
    [Description(
        "RFC 8705 §5: an endpoint without an alias is called where it is; here it asks for no certificate and turns the client away, and the message names the option"
    )]
    public async Task What_has_no_alias_is_called_where_it_is()
    {
        await using var stage = await Stage.OpenAsync();
        Assert.That(
            async () => await stage.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync("a-token"),
            Throws.TypeOf<EndpointException>().With.Message.Contains("UseClientCertificate").And.Message.Not.Contains("ClientSecret")
        );
        Assert.That(stage.Server.Requests.Single().IsAtAlias, Is.False);
    }

    [Test]
    [Description("RFC 8705 §5: each endpoint that is called directly has its alias")]
    public async Task Introspection_has_its_alias_too()
    {
        await using var stage = await Stage.OpenAsync();
        stage.Server.Metadata = json =>
            json["mtls_endpoint_aliases"] = new JsonObject
            {
                ["introspection_endpoint"] = new Uri(stage.Server.Alias, "introspect").AbsoluteUri,
            };
        Assert.That((await stage.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync("a-token")).IsActive, Is.True);
        Assert.That(stage.Server.Requests.Single().IsAtAlias, Is.True);
    }

    [Test]
    [Description("RFC 8705 §5: a client without a certificate has no business at an alias, and what is wrong there does not concern it")]
    public async Task Without_a_certificate_no_alias_is_called()
    {
        await using var stage = await Stage.OpenAsync(o => o.ClientSecret = "a-secret", presents: false);
        stage.Server.Metadata = json => json["mtls_endpoint_aliases"]!["revocation_endpoint"] = "http://elsewhere.example/";
        Assert.That(
            async () => await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(stage.Server.Requests.Single(), Has.Property("IsAtAlias").False.And.Property("Thumbprint").Null);
    }

    [Test]
    [Description(
        "RFC 8705 §3, §5: a client with a secret goes to the alias too, for its tokens may be bound to the certificate; one method of authentication all the same (RFC 6749 §2.3)"
    )]
    public async Task A_secret_beside_the_certificate_is_what_authenticates()
    {
        await using var stage = await Stage.OpenAsync(o => o.ClientSecret = "a-secret");
        await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        var request = stage.Server.Requests.Single();
        Assert.That(request.IsAtAlias, Is.True);
        Assert.That(request.Authorization, Does.StartWith("Basic "));
        Assert.That(request.Body, Is.EqualTo("grant_type=client_credentials"));
    }

    [TestCase("http://127.0.0.1/token")]
    [TestCase("https://user@127.0.0.1/token")]
    [TestCase("https://127.0.0.1/token#here")]
    [TestCase("/token")]
    [Description("Threat: cleartext. An alias is checked as every endpoint is, and must use TLS even where http on loopback is allowed")]
    public async Task Aliases_are_checked(string address)
    {
        await using var stage = await Stage.OpenAsync(o => o.DangerouslyAllowHttpOnLoopback = true);
        stage.Server.Metadata = json => json["mtls_endpoint_aliases"] = new JsonObject { ["token_endpoint"] = address };
        Assert.That(
            async () => await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("token_endpoint")
        );
        Assert.That(stage.Server.Requests, Is.Empty);
    }

    [Test]
    [Description("RFC 8705 §5: aliases are an object")]
    public async Task Aliases_that_are_none()
    {
        await using var stage = await Stage.OpenAsync();
        stage.Server.Metadata = json => json["mtls_endpoint_aliases"] = "https://127.0.0.1/token";
        Assert.That(
            async () => await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("mtls_endpoint_aliases")
        );
    }

    [Test]
    [Description("An endpoint that the developer spelled out wins over the alias as it does over the discovered one")]
    public async Task A_spelled_out_endpoint_wins()
    {
        await using var stage = await Stage.OpenAsync();
        stage.Server.Metadata = json =>
            json["mtls_endpoint_aliases"] = new JsonObject { ["introspection_endpoint"] = "https://127.0.0.1:1/" };
        await using var other = await Stage.OpenAsync(stage.Server, o => o.IntrospectionEndpoint = new(stage.Server.Alias, "spelled-out"));
        await other.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync("a-token");
        Assert.That(stage.Server.Requests.Single().Path, Is.EqualTo("/spelled-out"));
    }

    [Test]
    [Description("A renewed certificate is in use with the next connection, without a restart")]
    public async Task A_renewed_certificate_is_presented()
    {
        await using var stage = await Stage.OpenAsync(network: handler => handler.PooledConnectionLifetime = TimeSpan.Zero);
        await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        string first = stage.Certificate.Thumbprint;
        using var renewed = MutualTlsServer.SelfSigned("CN=client");
        stage.Certificate = renewed;
        await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(stage.Server.Requests.Select(request => request.Thumbprint), Is.EqualTo([first, renewed.Thumbprint]));
    }

    [Test]
    [Description("A certificate without its private key: the exception says so, and five seconds after it is corrected requests succeed")]
    public async Task A_certificate_without_its_key_is_named()
    {
        await using var stage = await Stage.OpenAsync();
        var whole = stage.Certificate;
        using var half = X509CertificateLoader.LoadCertificate(whole.RawData);
        stage.Certificate = half;
        Assert.That(
            async () => await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthException>().With.Message.Contains("private key")
        );
        stage.Clock.Advance(TimeSpan.FromSeconds(5));
        stage.Certificate = null!;
        Assert.That(
            async () => await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthException>().With.Message.Contains("gave no certificate")
        );
        stage.Clock.Advance(TimeSpan.FromSeconds(5));
        stage.Certificate = whole;
        Assert.That(async () => await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.Nothing);
    }

    [Test]
    [Description("A primary handler that could not follow a renewal is refused")]
    public async Task An_old_fashioned_primary_handler_is_refused()
    {
        await using ScriptedServer server = new(
            o => o.ClientSecret = null,
            builder =>
                builder
                    .UseClientCertificate(_ => throw new InvalidOperationException("not asked"))
                    .BackChannel.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler())
        );
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.InvalidOperationException.With.Message.Contains("SocketsHttpHandler")
        );
    }

    private sealed class Stage : IAsyncDisposable
    {
        private readonly ServiceProvider provider;
        private readonly X509Certificate2 own = MutualTlsServer.SelfSigned("CN=client");
        private readonly bool ownsServer;

        private Stage(
            MutualTlsServer server,
            bool ownsServer,
            Action<OAuthClientOptions>? options,
            bool presents,
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
            if (presents)
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

        public static async Task<Stage> OpenAsync(
            Action<OAuthClientOptions>? options = null,
            bool presents = true,
            Action<SocketsHttpHandler>? network = null
        ) => new(await MutualTlsServer.StartAsync(), ownsServer: true, options, presents, network);

        public static Task<Stage> OpenAsync(MutualTlsServer server, Action<OAuthClientOptions> options) =>
            Task.FromResult(new Stage(server, ownsServer: false, options, presents: true, network: null));

        public async ValueTask DisposeAsync()
        {
            await provider.DisposeAsync();
            if (ownsServer)
                await Server.DisposeAsync();
            own.Dispose();
        }
    }
}
