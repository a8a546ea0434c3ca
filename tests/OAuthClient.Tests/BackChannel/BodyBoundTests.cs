using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>An answer is read up to 1 MiB and no further, counted after decompression; one that breaks off is a network fault.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BodyBoundTests
{
    private const int Limit = 1024 * 1024;

    [Test]
    [Description("Threat: oversized body. Exactly 1 MiB is read")]
    public async Task At_the_limit()
    {
        await using ScriptedServer server = new();
        server.Answers(_ => ScriptedServer.Bytes(200, Padded(Limit)));

        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(response.AccessToken.Reveal(), Is.EqualTo("at"));
    }

    [Test]
    [Description("Threat: oversized body. One byte more is refused, and the message names the endpoint and the limit")]
    public async Task One_byte_over_the_limit()
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
    [Description("Threat: oversized body. Chunks without end are over at the limit")]
    public async Task Endless_chunks()
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
    [Description(
        "Threat: oversized body. A gzip bomb of 256 MiB is read only until 1 MiB came out of it, when the user turned decompression on"
    )]
    public async Task Gzip_bomb()
    {
        await using RawServer raw = new(
            "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Encoding: gzip\nConnection: close",
            Bomb()
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
    [Description("A compressed answer that breaks off or is no gzip is a network fault, not an exception nobody expects")]
    public async Task Broken_gzip()
    {
        await using RawServer raw = new(
            "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Encoding: gzip\nConnection: close",
            Encoding.ASCII.GetBytes("this is no gzip at all")
        );
        await using var services = Against(raw, DecompressionMethods.All);

        Assert.That(
            async () => await services.GetRequiredService<IOAuthClient>().RequestTokenAsync(TokenRequest.Refresh(new("token"))).Promptly(),
            Throws.TypeOf<HttpRequestException>()
        );
    }

    [Test]
    [Description("A body that breaks off is a network fault of the one documented type, and the form is not sent again")]
    public async Task Truncated_body()
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
    [Description("An answer with fewer bytes than its Content-Length is a network fault")]
    public async Task Short_body()
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
    [Description("A reset connection passes as the HttpRequestException it is")]
    public async Task Reset()
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

    private static byte[] Bomb()
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
