using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests that the back channel and API clients trust a private certificate authority, and nothing else besides.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CertificateAuthorityTests
{
    [Test]
    [Description("RFC 6749 §10.9: one line trusts the private authority of the authorization server")]
    public async Task The_back_channel_trusts_the_authority()
    {
        await using var server = await TestAuthorizationServer.StartAsync(o => o.UseTls = true);
        using TemporaryFile authority = new(server.Certificate!.ExportCertificatePem());
        await using var provider = Client(server, builder => builder.TrustCertificateAuthority(authority.Path));

        Assert.That(async () => await provider.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.Client), Throws.Nothing);
    }

    [Test]
    [Description("RFC 6749 §10.9: without it the server is rejected; the message has the reason of the network and names the method")]
    public async Task Without_the_authority_the_message_names_the_method()
    {
        await using var server = await TestAuthorizationServer.StartAsync(o => o.UseTls = true);
        await using var provider = Client(server, _ => { });

        Assert.That(
            async () => await provider.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.Client),
            Throws
                .TypeOf<HttpRequestException>()
                .With.Message.Contains("metadata endpoint")
                .And.Message.Contains("UntrustedRoot")
                .And.Message.Contains("TrustCertificateAuthority")
                .And.Message.Not.Contains("see inner exception")
        );
    }

    [Test]
    [Description("RFC 6749 §10.9: an authority does not make a certificate of another authority trusted; the message says which was used")]
    public async Task Another_authority_is_rejected()
    {
        await using var server = await TestAuthorizationServer.StartAsync(o => o.UseTls = true);
        await using var other = await TestAuthorizationServer.StartAsync(o => o.UseTls = true);
        using TemporaryFile authority = new(other.Certificate!.ExportCertificatePem());
        await using var provider = Client(server, builder => builder.TrustCertificateAuthority(authority.Path));

        Assert.That(
            async () => await provider.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<HttpRequestException>().With.Message.Contains("trusted neither by this system nor by TrustCertificateAuthority")
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("RFC 9525 §6: a certificate of the authority for another name is rejected, and the authority is not suggested")]
    public async Task Another_name_is_rejected()
    {
        await using var server = await TestAuthorizationServer.StartAsync(o => o.UseTls = true);
        using TemporaryFile authority = new(server.Certificate!.ExportCertificatePem());
        // The certificate names 127.0.0.1 and localhost.
        Uri issuer = new($"https://127.0.0.2:{server.Issuer.Port}");
        await using var provider = Client(
            server,
            builder =>
            {
                builder.TrustCertificateAuthority(authority.Path);
                builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() =>
                    new SocketsHttpHandler
                    {
                        ConnectCallback = async (_, cancellationToken) =>
                        {
                            System.Net.Sockets.Socket socket = new(
                                System.Net.Sockets.SocketType.Stream,
                                System.Net.Sockets.ProtocolType.Tcp
                            );
                            await socket.ConnectAsync("127.0.0.1", server.Issuer.Port, cancellationToken);
                            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
                        },
                    }
                );
            },
            issuer
        );

        Assert.That(
            async () => await provider.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.Client),
            Throws
                .TypeOf<HttpRequestException>()
                .With.Message.Contains("RemoteCertificateNameMismatch")
                .And.Message.Not.Contains("TrustCertificateAuthority")
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("One line trusts the private authority of an API, whatever order the calls on the builder have")]
    public async Task An_API_client_trusts_the_authority([Values] bool isTrusted)
    {
        // The test server is the API here: its metadata need no token.
        await using var server = await TestAuthorizationServer.StartAsync(o => o.UseTls = true);
        using TemporaryFile authority = new(server.Certificate!.ExportCertificatePem());
        await using var provider = Client(
            server,
            builder =>
            {
                builder.TrustCertificateAuthority(authority.Path);
                var api = builder.Services.AddHttpClient("api").AddAccessTokenHandler(t => t.ForClient().To(server.Issuer));
                if (isTrusted)
                    api.TrustCertificateAuthority(authority.Path);
                api.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler());
            }
        );
        using var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("api");

        Assert.That(
            async () => await http.GetStringAsync(server.Issuer + ".well-known/openid-configuration"),
            isTrusted ? Throws.Nothing : Throws.TypeOf<HttpRequestException>()
        );
    }

    [Test]
    [Description("A file without a certificate, and a handler with a validation of its own, cause sentences that say what to change")]
    public async Task Mistakes_are_reported()
    {
        await using var server = await TestAuthorizationServer.StartAsync(o => o.UseTls = true);
        using TemporaryFile empty = new("no certificate");
        using TemporaryFile malformed = new("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        using TemporaryFile authority = new(server.Certificate!.ExportCertificatePem());

        Assert.That(
            () => Client(server, b => b.TrustCertificateAuthority(empty.Path)),
            Throws.ArgumentException.With.Message.Contains("PEM")
        );
        Assert.That(
            () => Client(server, b => b.TrustCertificateAuthority(malformed.Path)),
            Throws.ArgumentException.With.Message.Contains("malformed")
        );
        Assert.That(() => Client(server, b => b.TrustCertificateAuthority("no-such-file.pem")), Throws.InstanceOf<IOException>());
        await using var provider = Client(
            server,
            builder =>
            {
                builder.TrustCertificateAuthority(authority.Path);
                builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() =>
                    new SocketsHttpHandler
                    {
                        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.None },
                    }
                );
            }
        );
        Assert.That(
            async () => await provider.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.Client),
            Throws.InvalidOperationException.With.Message.Contains("TrustCertificateAuthority cannot be combined")
        );
    }

    private static ServiceProvider Client(TestAuthorizationServer server, Action<OAuthClientBuilder> configure, Uri? issuer = null)
    {
        server.AddClient(new TestClient { ClientId = "app", ClientSecret = "a-test-secret" });
        ServiceCollection services = new();
        var builder = services.AddOAuthClient(o =>
        {
            o.Issuer = issuer ?? server.Issuer;
            o.ClientId = "app";
            o.ClientSecret = "a-test-secret";
        });
        builder.UseResilience(_ => { });
        configure(builder);
        return services.BuildServiceProvider();
    }

    private sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(string text) => File.WriteAllText(Path, text);

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
