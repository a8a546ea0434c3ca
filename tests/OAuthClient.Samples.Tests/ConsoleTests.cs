using System.Text.RegularExpressions;
using OAuthClient.Testing;

namespace OAuthClient.Samples.Tests;

/// <summary>Tests the console sample in its own process.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ConsoleTests
{
    private const string SecretValue = "a-secret-that-must-not-be-seen";

    [Test]
    [Description("RFC 6749 §4.1 step by step, §6 automatically, RFC 7009; exit code 0")]
    public async Task Against_the_built_in_server_it_shows_seven_steps_then_the_refresh_then_the_revocation()
    {
        using var sample = SampleProcess.Start("Console");
        string output = await sample.ReadToEndAsync();

        Assert.That(await sample.ExitCodeAsync(), Is.Zero, output);
        string[] milestones =
        [
            "1  Authorization request",
            "code_challenge_method=S256",
            "2  Login and consent",
            "3  Callback",
            "code=[redacted]",
            "4  Token request",
            "code_verifier=[redacted]",
            "5  Token response",
            "access_token: \"[redacted]\"",
            "6  API call",
            "Authorization: Bearer [redacted]",
            "7  Resource",
            "200 OK",
            "↻  Refresh, by itself",
            "refresh_token=[redacted]",
            "6  API call, with the new access token",
            "7  Resource",
            "✕  Revocation",
            "token=[redacted]",
            "✕  Revoked",
            "Done.",
        ];
        int position = 0;
        foreach (string milestone in milestones)
        {
            int found = output.IndexOf(milestone, position, StringComparison.Ordinal);
            Assert.That(found, Is.GreaterThanOrEqualTo(0), $"'{milestone}' does not follow in:\n{output}");
            position = found;
        }
        Assert.That(output, Does.Not.Match("ey[A-Za-z0-9_-]{10,}\\."), "a JWT was printed");
    }

    [Test]
    [Description("RFC 8252 §7.3: a loopback redirect URI, the user's browser, another server")]
    public async Task Against_another_server_it_waits_for_the_browser_and_prints_no_secret()
    {
        await using var server = await TestAuthorizationServer.StartAsync();
        await using var api = await server.StartResourceServerAsync();
        int port = FreePort();
        server.AddClient(
            new TestClient
            {
                ClientId = "mine",
                ClientSecret = SecretValue,
                RedirectUris = { $"http://127.0.0.1:{port}/callback" },
            }
        );

        using var sample = SampleProcess.Start(
            "Console",
            "--issuer",
            server.Issuer.OriginalString,
            "--client-id",
            "mine",
            "--client-secret",
            SecretValue,
            "--port",
            $"{port}",
            "--api",
            $"{api.BaseAddress}me"
        );
        var address = await sample.WaitForAsync(
            new Regex(@"^\s*(http://\S+/authorize\?\S+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)
        );
        var callback = await server.SignInAsync(new Uri(address.Trim()));
        using var browser = new HttpClient();
        Assert.That(await browser.GetStringAsync(callback), Does.Contain("close this window"));
        string output = await sample.ReadToEndAsync();

        Assert.That(await sample.ExitCodeAsync(), Is.Zero, output);
        Assert.That(output, Does.Contain("7  Resource").And.Contain("↻  Refresh").And.Contain("✕  Revoked"));
        Assert.That(output, Does.Not.Contain(SecretValue));
        Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2));
    }

    [Test]
    [Description(
        "RFC 6749 §10.12, RFC 8252 §8.9: only the callback of this authorization ends the wait; the response to any other "
            + "request is 400 or 404"
    )]
    public async Task Another_request_does_not_end_the_wait()
    {
        await using var server = await TestAuthorizationServer.StartAsync();
        await using var api = await server.StartResourceServerAsync();
        int port = FreePort();
        var origin = new Uri($"http://127.0.0.1:{port}");
        server.AddClient(new TestClient { ClientId = "mine", RedirectUris = { new Uri(origin, "/callback").AbsoluteUri } });
        using var sample = SampleProcess.Start(
            "Console",
            "--issuer",
            server.Issuer.OriginalString,
            "--client-id",
            "mine",
            "--port",
            $"{port}",
            "--api",
            $"{api.BaseAddress}me"
        );
        var address = await sample.WaitForAsync(
            new Regex(@"^\s*(http://\S+/authorize\?\S+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)
        );
        var callback = await server.SignInAsync(new Uri(address.Trim()));
        using var browser = new HttpClient();

        async Task<int> StatusAsync(string pathAndQuery, string? host = null, HttpMethod? method = null)
        {
            using var request = new HttpRequestMessage(method ?? HttpMethod.Get, new Uri(origin, pathAndQuery));
            request.Headers.Host = host;
            using var response = await browser.SendAsync(request);
            return (int)response.StatusCode;
        }

        Assert.That(await StatusAsync("/favicon.ico"), Is.EqualTo(404));
        Assert.That(await StatusAsync("/callback"), Is.EqualTo(400), "no state");
        Assert.That(await StatusAsync("/callback?code=c&state=another"), Is.EqualTo(400), "state of another authorization");
        Assert.That(await StatusAsync(callback.PathAndQuery + "&state=another"), Is.EqualTo(400), "two states");
        Assert.That(await StatusAsync("/other" + callback.Query), Is.EqualTo(404), "another path");
        Assert.That(
            await StatusAsync(callback.PathAndQuery, host: $"attacker.example:{port}"),
            Is.EqualTo(404).Or.EqualTo(400),
            "another host"
        );
        Assert.That(await StatusAsync(callback.PathAndQuery, host: "127.0.0.1:1"), Is.EqualTo(404).Or.EqualTo(400), "another port");
        Assert.That(await StatusAsync(callback.PathAndQuery, method: HttpMethod.Post), Is.EqualTo(404), "another method");
        Assert.That(await StatusAsync(callback.PathAndQuery, method: HttpMethod.Head), Is.EqualTo(404), "another method");
        Assert.That(await StatusAsync(callback.PathAndQuery), Is.EqualTo(200));

        string output = await sample.ReadToEndAsync();
        Assert.That(await sample.ExitCodeAsync(), Is.Zero, output);
        Assert.That(output, Does.Contain("✕  Revoked"));
    }

    [TestCase("--help", 0)]
    [TestCase("--issuer", 2)]
    [TestCase("nonsense", 2)]
    public async Task Wrong_arguments_print_the_usage(string argument, int exitCode)
    {
        using var sample = SampleProcess.Start("Console", argument);
        string output = await sample.ReadToEndAsync();
        Assert.That(await sample.ExitCodeAsync(), Is.EqualTo(exitCode));
        Assert.That(output, Does.Contain("--issuer").And.Contain("--client-id"));
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
