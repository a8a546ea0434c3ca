using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests access tokens that are bound to the certificate of the client, at an API that requires the certificate (RFC 8705 §3).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CertificateBoundTokenTests
{
    [Test]
    [Description("RFC 8705 §3: one call presents the certificate that the token is bound to, and nothing else is needed")]
    public async Task The_API_accepts_a_token_with_its_certificate([Values] bool isUser)
    {
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) => host.AddApi(services, t => ForOwner(t, isUser).WithClientCertificate())
        );
        if (isUser)
            await host.SignInAsync();

        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Presented, Is.EqualTo([host.Certificate.Thumbprint]));
    }

    [Test]
    [Description("RFC 8705 §3: the API refuses the token without the certificate, and a new token changes nothing")]
    public async Task The_API_refuses_a_token_without_the_certificate()
    {
        await using var host = await CertificateBoundHost.StartAsync((services, host) => host.AddApi(services, t => t.ForClient()));

        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(host.Presented, Is.All.Null);
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token)[^1].ClientCertificate?.Thumbprint, Is.EqualTo(host.Certificate.Thumbprint));
    }

    [Test]
    [Description("RFC 8705 §3: the API refuses the token with another certificate of the same authority")]
    public async Task The_API_refuses_a_token_with_another_certificate()
    {
        await using var host = await CertificateBoundHost.StartAsync();
        var token = await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        using var another = host.Server.IssueClientCertificate("CN=bank");
        using var network = host.Network();
        network.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => another;
        using HttpClient http = new(network) { BaseAddress = host.Api.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", token.Reveal());

        Assert.That((await http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(host.Presented, Is.EqualTo([another.Thumbprint]));
    }

    [Test]
    [Description(
        "RFC 8705 §6.2, §7.1: after a renewal the API refuses the token of the previous certificate; the handler replaces it once, and the "
            + "refresh token of a confidential client is not bound to the certificate"
    )]
    public async Task A_renewed_certificate_replaces_the_token([Values] bool isUser)
    {
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) => host.AddApi(services, t => ForOwner(t, isUser).WithClientCertificate())
        );
        if (isUser)
            await host.SignInAsync();
        await host.Http.GetAsync("/echo");
        string previous = host.Certificate.Thumbprint;
        host.RenewCertificate();
        string renewed = host.Certificate.Thumbprint;

        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Presented, Is.EqualTo([previous, renewed, renewed]));
        Assert.That(host.Statuses, Is.EqualTo([200, 401, 200]));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token)[^1].ClientCertificate?.Thumbprint, Is.EqualTo(renewed));
    }

    [Test]
    [Description("RFC 8705 §4, §7.1: the refresh token of a public client is bound to its certificate, so a new one ends the grant")]
    public async Task A_renewed_certificate_ends_the_grant_of_a_public_client()
    {
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) => host.AddApi(services, t => t.ForOwner(CertificateBoundHost.Owner).WithClientCertificate()),
            o => (o.ClientId, o.ClientAuthentication) = ("native", ClientAuthenticationMethod.None)
        );
        await host.SignInAsync();
        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        host.Clock.Advance(TimeSpan.FromHours(2));
        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK), "refreshed");
        host.RenewCertificate();

        Assert.That(async () => await host.Http.GetAsync("/echo"), Throws.TypeOf<ReauthorizationRequiredException>());
    }

    [Test]
    [Description("An HTTP client with the certificate and one without it have connections of their own, though the address is the same")]
    public async Task Two_HTTP_clients_share_no_connection()
    {
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) =>
            {
                host.AddApi(services, t => t.ForClient().WithClientCertificate()).ConfigurePrimaryHttpMessageHandler(() => Reusing(host));
                host.AddApi(services, t => t.ForClient(), "without").ConfigurePrimaryHttpMessageHandler(() => Reusing(host));
            }
        );

        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await host.CreateClient("without").GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await host.Http.GetAsync("/me")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Api.Requests.Where(r => r.ResponseStatus == 200).Select(r => r.ClientCertificate), Is.All.Not.Null);
        Assert.That(host.Api.Requests.Where(r => r.ResponseStatus == 401).Select(r => r.ClientCertificate), Is.All.Null);
    }

    [Test]
    [Description("RFC 9449 §7.1: with DPoP the tokens are bound to the key; the API receives the proof and the certificate")]
    public async Task DPoP_and_the_certificate()
    {
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) => host.AddApi(services, t => t.ForOwner(CertificateBoundHost.Owner).WithClientCertificate()),
            o => o.DPoP.Enabled = true
        );
        await host.SignInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));

        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Presented, Is.EqualTo([host.Certificate.Thumbprint]));
        Assert.That(host.Api.Requests.Single().Headers["Authorization"], Does.StartWith("DPoP "));
        Assert.That(host.Api.Requests.Single().Headers, Contains.Key("DPoP"));
    }

    [Test]
    [Description("Threat: a redirect of the API would present the certificate at another address, which could request it")]
    public async Task A_redirect_is_not_followed([Values] bool isHttpClientHandler)
    {
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) =>
            {
                var http = host.AddApi(services, t => t.ForClient().WithClientCertificate());
                if (isHttpClientHandler)
                    http.ConfigurePrimaryHttpMessageHandler(() => ClientHandler(host));
            }
        );
        await using var other = await host.Server.StartResourceServerAsync(o => o.RequestClientCertificates = true);
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Redirect(new(other.BaseAddress, "/echo")));

        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.TemporaryRedirect));
        Assert.That(other.Requests, Is.Empty);
    }

    [Test]
    [Description("Service discovery resolves the name of the API; the instance receives the certificate")]
    public async Task Service_discovery_resolves_the_API()
    {
        await using var host = await CertificateBoundHost.StartAsync(
            (services, host) =>
            {
                services.AddSingleton<IConfiguration>(
                    new ConfigurationBuilder()
                        .AddInMemoryCollection(
                            new Dictionary<string, string?> { ["Services:photos:https:0"] = host.Api.BaseAddress.OriginalString }
                        )
                        .Build()
                );
                services.AddServiceDiscovery();
                services
                    .AddHttpClient("api", http => http.BaseAddress = new("https://photos"))
                    .ConfigurePrimaryHttpMessageHandler(host.Network)
                    .AddServiceDiscovery()
                    .AddAccessTokenHandler(
                        CertificateBoundHost.ClientName,
                        t => t.ForClient().To("https://photos").WithClientCertificate()
                    );
            }
        );

        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Presented, Is.EqualTo([host.Certificate.Thumbprint]));
    }

    [Test]
    [Description("RFC 8705 §3.4: a client that registers itself requests bound tokens with further metadata")]
    public async Task A_client_registers_that_its_tokens_are_bound()
    {
        await using var host = await CertificateBoundHost.StartAsync(
            options: o =>
            {
                (o.ClientId, o.ClientSecret, o.RedirectUri) = ("", null, null);
                o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretBasic;
            },
            builder: client =>
                client.RegisterDynamically(o => o.Metadata = new() { ["tls_client_certificate_bound_access_tokens"] = true }),
            server: o => (o.AllowRegistration, o.BindTokensToCertificates) = (true, false)
        );

        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Presented, Is.EqualTo([host.Certificate.Thumbprint]));
        Assert.That(host.Server.Clients.Count(client => client.RequireCertificateBoundTokens), Is.EqualTo(1));
        var token = await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        using HttpClient without = new(host.Network()) { BaseAddress = host.Api.BaseAddress };
        without.DefaultRequestHeaders.Authorization = new("Bearer", token.Reveal());
        Assert.That((await without.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    internal static HttpClientHandler ClientHandler(CertificateBoundHost host)
    {
        HttpClientHandler handler = new() { UseProxy = false };
        CertificateAuthorityValidator.Configure(handler, [host.Server.Certificate!]);
        return handler;
    }

    private static SocketsHttpHandler Reusing(CertificateBoundHost host)
    {
        var network = host.Network();
        network.PooledConnectionLifetime = TimeSpan.FromMinutes(1);
        return network;
    }

    private static AccessTokenHandlerOptions ForOwner(AccessTokenHandlerOptions options, bool isUser) =>
        isUser ? options.ForOwner(CertificateBoundHost.Owner) : options.ForClient();
}
