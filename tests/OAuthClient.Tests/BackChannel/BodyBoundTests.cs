using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the limit of 1 MiB for response bodies, counted after decompression. An incomplete body is a network failure.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BodyBoundTests
{
    private const int Limit = 1024 * 1024;

    [Test]
    [Description("A body of exactly 1 MiB is read")]
    public async Task A_body_at_the_limit_is_read()
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Bytes(200, Padded(Limit)));

        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(response.AccessToken.Reveal(), Is.EqualTo("at"));
    }

    [Test]
    [Description("A body one byte larger is rejected with a message that has the endpoint and the limit")]
    public async Task A_body_over_the_limit_is_rejected()
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Bytes(200, Padded(Limit + 1)));

        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws
                .TypeOf<HttpRequestException>()
                .With.Property(nameof(HttpRequestException.HttpRequestError))
                .EqualTo(HttpRequestError.ConfigurationLimitExceeded)
                .And.Message.Contain("token endpoint (https://as.example/token)")
                .And.Message.Contain("1048576")
        );
    }

    [Test]
    [Description("An endless chunked body is rejected at the limit")]
    public async Task An_endless_body_is_rejected()
    {
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.EndlessBody());

        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly(),
            Throws
                .TypeOf<HttpRequestException>()
                .With.Property(nameof(HttpRequestException.HttpRequestError))
                .EqualTo(HttpRequestError.ConfigurationLimitExceeded)
        );
    }

    [Test]
    [Description("With decompression enabled, a gzip bomb of 256 MiB is rejected after 1 MiB of decompressed data")]
    public async Task A_gzip_bomb_is_rejected()
    {
        await using RawServer raw = new(
            "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Encoding: gzip\nConnection: close",
            GzipBomb()
        );
        await using var services = Against(raw, DecompressionMethods.All);

        Assert.That(
            async () => await services.GetRequiredService<IOAuthClient>().RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly(),
            Throws
                .TypeOf<HttpRequestException>()
                .With.Property(nameof(HttpRequestException.HttpRequestError))
                .EqualTo(HttpRequestError.ConfigurationLimitExceeded)
        );
    }

    [Test]
    [Description("An invalid gzip body is a network failure")]
    public async Task An_invalid_gzip_body_is_a_network_failure()
    {
        await using RawServer raw = new(
            "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Encoding: gzip\nConnection: close",
            Encoding.ASCII.GetBytes("this is not gzip")
        );
        await using var services = Against(raw, DecompressionMethods.All);

        Assert.That(
            async () => await services.GetRequiredService<IOAuthClient>().RequestTokenAsync(TokenRequest.Refresh(new("token"))).Promptly(),
            Throws.TypeOf<HttpRequestException>()
        );
    }

    [Test]
    [Description("A truncated body is an HttpRequestException, and the form is not sent again")]
    public async Task A_truncated_body_is_a_network_failure()
    {
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.TruncatedBody());

        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.Refresh(new("token"))).Promptly(),
            Throws.TypeOf<HttpRequestException>()
        );
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("A body shorter than its Content-Length is a network failure")]
    public async Task A_short_body_is_a_network_failure()
    {
        await using RawServer raw = new(
            "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 1000\nConnection: close",
            Encoding.ASCII.GetBytes("""{"access_token":"at","token_type":"Bearer"}""")
        );
        await using var services = Against(raw, DecompressionMethods.None);

        Assert.That(
            async () => await services.GetRequiredService<IOAuthClient>().RequestTokenAsync(TokenRequest.Refresh(new("token"))).Promptly(),
            Throws
                .TypeOf<HttpRequestException>()
                .With.Property(nameof(HttpRequestException.HttpRequestError))
                .EqualTo(HttpRequestError.ResponseEnded)
                .And.Message.Contain("token endpoint")
                .And.InnerException.InstanceOf<IOException>()
        );
        Assert.That(raw.Requests, Is.EqualTo(1));
    }

    [Test]
    [Description("A connection reset is an HttpRequestException")]
    public async Task A_connection_reset_is_a_network_failure()
    {
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.ResetBeforeWork());

        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.Refresh(new("token"))).Promptly(),
            Throws.TypeOf<HttpRequestException>()
        );
    }

    private static ServiceProvider Against(RawServer raw, DecompressionMethods decompression)
    {
        ServiceCollection services = new();
        services
            .AddOAuthClient(o =>
            {
                o.TokenEndpoint = new Uri(raw.Address, "/token");
                o.ClientId = "client";
                o.ClientSecret = "secret";
                o.DangerouslyAllowHttpOnLoopback = true;
            })
            .BackChannel.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AutomaticDecompression = decompression });
        return services.BuildServiceProvider();
    }

    private static byte[] Padded(int length)
    {
        byte[] body = new byte[length];
        Array.Fill(body, (byte)' ');
        Encoding.ASCII.GetBytes("""{"access_token":"at","token_type":"Bearer"}""").CopyTo(body, 0);
        return body;
    }

    private static byte[] GzipBomb()
    {
        using MemoryStream bomb = new();
        using (GZipStream gzip = new(bomb, CompressionLevel.Fastest))
        {
            byte[] spaces = Padded(Limit);
            for (int i = 0; i < 256; i++)
                gzip.Write(spaces);
        }
        return bomb.ToArray();
    }
}
