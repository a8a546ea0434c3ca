using System.Net;
using System.Net.Sockets;
using OAuthClient.Testing;

namespace OAuthClient.Samples.Tests;

/// <summary>Tests that the samples answer wrong input with one sentence and exit code 1.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class StartErrorTests
{
    [TestCase("Console")]
    [TestCase("WebApp")]
    [Description("An issuer that is no address")]
    public async Task Wrong_issuer(string sample) =>
        await AssertSentenceAsync(
            "--issuer must be an address such as",
            sample,
            "--issuer",
            "accounts.example.com",
            "--client-id",
            "1",
            "--api",
            "https://api.example.com"
        );

    [TestCase("Console")]
    [TestCase("WebApp")]
    [Description("A server that cannot be reached")]
    public async Task Unreachable_server(string sample)
    {
        using TcpListener closed = new(IPAddress.Loopback, 0);
        closed.Start();
        string address = $"http://127.0.0.1:{((IPEndPoint)closed.LocalEndpoint).Port}";
        closed.Stop();
        string[] further = sample == "WebApp" ? ["--urls", "http://127.0.0.1:0", "--Photos:DangerouslyAllowHttpOnLoopback", "true"] : [];
        await AssertSentenceAsync("could not be reached", sample, ["--issuer", address, "--client-id", "1", "--api", address, .. further]);
    }

    [Test]
    [Description("An option that the library refuses: the sentence of the library, without a stack trace")]
    public async Task Wrong_option() =>
        await AssertSentenceAsync(
            "Issuer must use https",
            "WebApp",
            "--urls",
            "http://127.0.0.1:0",
            "--issuer",
            "http://accounts.example.com",
            "--client-id",
            "1",
            "--api",
            "https://api.example.com"
        );

    [TestCase("Console")]
    [TestCase("WebApp")]
    [Description("A port that another program listens on")]
    public async Task Port_in_use(string sample)
    {
        await using var server = await TestAuthorizationServer.StartAsync();
        using HttpListener taken = new();
        int port = TakePort(taken);
        string issuer = server.Issuer.OriginalString;
        string[] further =
            sample == "WebApp"
                ? ["--urls", $"http://127.0.0.1:{port}", "--Photos:DangerouslyAllowHttpOnLoopback", "true"]
                : ["--port", $"{port}"];
        await AssertSentenceAsync("in use", sample, ["--issuer", issuer, "--client-id", "1", "--api", issuer, .. further]);
    }

    private static int TakePort(HttpListener listener)
    {
        using TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        int port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        return port;
    }

    private static async Task AssertSentenceAsync(string sentence, string sample, params string[] arguments)
    {
        using var process = SampleProcess.Start(sample, arguments);
        string output = await process.ReadToEndAsync();
        Assert.That(await process.ExitCodeAsync(), Is.EqualTo(1), output);
        Assert.That(output, Does.Contain(sentence).And.Not.Contain("   at "), "no stack trace");
    }
}
