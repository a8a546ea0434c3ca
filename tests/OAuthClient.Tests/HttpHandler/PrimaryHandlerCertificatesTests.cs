using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace OAuthClient.Tests;

/// <summary>Tests which primary handlers of an HTTP client can present the certificate of an OAuth client.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class PrimaryHandlerCertificatesTests
{
    public enum Primary
    {
        Sockets,
        ClientHandler,
        Default,
        Wrapped,
    }

    [Test]
    [Description("The certificate is presented by each kind of primary handler, also if it is configured after the access token handler")]
    public async Task Each_kind_of_handler_presents_the_certificate([Values] Primary primary)
    {
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) =>
            {
                var http = services
                    .AddHttpClient("api", http => http.BaseAddress = host.Api.BaseAddress)
                    .AddAccessTokenHandler(
                        CertificateBoundHost.ClientName,
                        t => t.ForClient().To(host.Api.BaseAddress).WithClientCertificate()
                    );
                if (primary is Primary.Default)
                {
                    string authority = Path.GetTempFileName();
                    File.WriteAllText(authority, host.Server.Certificate!.ExportCertificatePem());
                    http.TrustCertificateAuthority(authority);
                    File.Delete(authority);
                }
                else
                    http.ConfigurePrimaryHttpMessageHandler(() =>
                        primary switch
                        {
                            Primary.Sockets => host.Network(),
                            Primary.ClientHandler => CertificateBoundTokenTests.ClientHandler(host),
                            _ => new Passing(host.Network()),
                        }
                    );
            }
        );

        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Presented, Is.EqualTo([host.Certificate.Thumbprint]));
    }

    [Test]
    [Description("A handler that the application creates once is configured once; an HttpClientHandler then gets the renewed certificate")]
    public async Task A_handler_is_received_again([Values] bool isHttpClientHandler)
    {
        HttpMessageHandler? only = null;
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) =>
            {
                only = isHttpClientHandler ? CertificateBoundTokenTests.ClientHandler(host) : host.Network();
                foreach (string name in new[] { "api", "other" })
                    host.AddApi(services, t => t.ForClient().WithClientCertificate(), name).ConfigurePrimaryHttpMessageHandler(() => only);
            }
        );
        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await host.CreateClient("other").GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        host.RenewCertificate();

        CreateAgain(host, "api");
        if (only is HttpClientHandler client)
            Assert.That(client.ClientCertificates, Is.EqualTo([host.Certificate]));
    }

    [Test]
    [Description("Connections are pooled: an HTTP client without the certificate must not share the handler, in whatever order")]
    public async Task A_handler_is_not_shared_with_an_HTTP_client_without_the_certificate([Values] bool isFirst, [Values] bool hasTokens)
    {
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) =>
            {
                var shared = host.Network();
                host.AddApi(services, t => t.ForClient().WithClientCertificate()).ConfigurePrimaryHttpMessageHandler(() => shared);
                var without = hasTokens ? host.AddApi(services, t => t.ForClient(), "without") : services.AddHttpClient("without");
                without.ConfigurePrimaryHttpMessageHandler(() => shared);
            }
        );
        string[] names = isFirst ? ["api", "without"] : ["without", "api"];
        host.CreateClient(names[0]);

        Assert.That(
            () => host.CreateClient(names[1]),
            Throws
                .InvalidOperationException.With.Message.Contains("shares its primary handler")
                .And.Message.Contains("'bank'")
                .And.Message.Contains($"'{names[1]}'")
        );
    }

    [Test]
    [Description("A handler that has sent requests has connections without the certificate")]
    public async Task A_handler_that_has_sent_requests_is_rejected([Values] bool isHttpClientHandler, [Values] bool servesManyOwners)
    {
        HttpMessageHandler? used = null;
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) =>
            {
                used = isHttpClientHandler ? CertificateBoundTokenTests.ClientHandler(host) : host.Network();
                if (used is HttpClientHandler client)
                    (client.UseCookies, client.AllowAutoRedirect) = (false, false);
                host.AddApi(services, t => (servesManyOwners ? t.ForRequestOwner() : t.ForClient()).WithClientCertificate())
                    .ConfigurePrimaryHttpMessageHandler(() => used);
            }
        );
        if (used is SocketsHttpHandler sockets)
            sockets.UseCookies = false;
        using HttpMessageInvoker invoker = new(used!, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, host.Api.BaseAddress);
        using var response = await invoker.SendAsync(request, CancellationToken.None);

        Assert.That(
            () => host.CreateClient("api"),
            Throws.InvalidOperationException.With.Message.Contains("has already sent requests without the client certificate")
        );
    }

    [Test]
    [Description("A handler of another kind cannot be configured; the message names it")]
    public async Task Another_kind_of_handler_is_rejected()
    {
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) =>
                host.AddApi(services, t => t.ForClient().WithClientCertificate())
                    .ConfigurePrimaryHttpMessageHandler(() => new ServiceDiscoveryHost.Recording())
        );

        Assert.That(
            () => host.CreateClient("api"),
            Throws
                .InvalidOperationException.With.Message.Contains("Recording")
                .And.Message.Contains("requires a SocketsHttpHandler or HttpClientHandler")
        );
    }

    [Test]
    [Description("An OAuth client without a certificate: the message names both clients and the method")]
    public void An_OAuth_client_without_a_certificate_is_rejected()
    {
        ServiceCollection services = new();
        services.AddOAuthClient("bank", o => (o.Issuer, o.ClientId, o.ClientSecret) = (new("https://bank.example"), "bank", "a-secret"));
        services
            .AddHttpClient("bank-api")
            .AddAccessTokenHandler("bank", t => t.ForClient().To("https://api.bank.example").WithClientCertificate());
        using var provider = services.BuildServiceProvider();

        Assert.That(
            () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("bank-api"),
            Throws
                .InvalidOperationException.With.Message.Contains("'bank-api'")
                .And.Message.Contains("'bank'")
                .And.Message.Contains("UseClientCertificate")
        );
    }

    [Test]
    [Description("Connections end within minutes, so that a renewed certificate is in use; a shorter lifetime is kept")]
    public async Task Connections_have_a_lifetime([Values] bool isInfinite)
    {
        SocketsHttpHandler? network = null;
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) =>
                host.AddApi(services, t => t.ForClient().WithClientCertificate())
                    .ConfigurePrimaryHttpMessageHandler(() =>
                        network = new() { PooledConnectionLifetime = isInfinite ? Timeout.InfiniteTimeSpan : TimeSpan.FromMinutes(1) }
                    )
        );
        host.CreateClient("api");

        Assert.That(network!.PooledConnectionLifetime, Is.EqualTo(TimeSpan.FromMinutes(isInfinite ? 5 : 1)));
        Assert.That(network.AllowAutoRedirect, Is.False);
    }

    // IHttpClientFactory creates the handlers again after the lifetime of a handler.
    private static void CreateAgain(CertificateBoundHost host, string name)
    {
        var options = host.Services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitor<HttpClientFactoryOptions>>().Get(name);
        var builder = ActivatorUtilities.GetServiceOrCreateInstance<HttpMessageHandlerBuilder>(host.Services);
        builder.Name = name;
        Action<HttpMessageHandlerBuilder> configure = all =>
        {
            foreach (var action in options.HttpMessageHandlerBuilderActions)
                action(all);
        };
        foreach (var filter in host.Services.GetServices<IHttpMessageHandlerBuilderFilter>().Reverse())
            configure = filter.Configure(configure);
        configure(builder);
    }

    private sealed class Passing(HttpMessageHandler network) : DelegatingHandler(network);
}
