using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OAuthClient.Interactive.Tests;

/// <summary>Tests that requests other than the callback are refused, and neither end nor delay the wait (RFC 8252 §8.10).</summary>
[TestFixture]
public class LoopbackListenerTests
{
    [Test]
    [Description("RFC 8252 §8.10: other requests, of the browser or of another program, do not end the wait, also while one is slow")]
    public async Task Other_requests_do_not_end_the_wait()
    {
        await using var host = await SignInHost.StartAsync();
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();
        var root = new Uri(callback.GetLeftPart(UriPartial.Authority));
        using TcpClient slow = new();
        await slow.ConnectAsync(IPAddress.Loopback, callback.Port);
        await slow.GetStream().WriteAsync("GET /callback"u8.ToArray());

        Assert.That((await SignInHost.GetAsync(new(root, "/favicon.ico"))).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await SignInHost.GetAsync(new(root, "/callback"))).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await SignInHost.GetAsync(new(root, "/callback?code=x&state=y"))).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await SignInHost.GetAsync(new(root, "/callback?error=access_denied"))).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await SignInHost.GetAsync(callback, host: "attacker.example")).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(signingIn.IsCompleted, Is.False);

        Assert.That((await SignInHost.GetAsync(callback)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await signingIn).Subject, Is.EqualTo("alice"));
    }

    [TestCase("GET /callback HTTP/2.0\r\nHost: x\r\n\r\n")]
    [TestCase("PUT /callback HTTP/1.1\r\nHost: x\r\n\r\n")]
    [TestCase("POST /callback HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx")]
    [TestCase("POST /callback HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99999999\r\n\r\nx")]
    [TestCase("GET http://attacker.example/callback HTTP/1.1\r\nHost: x\r\n\r\n")]
    [TestCase("\r\n\r\n")]
    [Description("A malformed request is refused and does not end the wait")]
    public async Task Malformed_requests_are_refused(string request)
    {
        await using var host = await SignInHost.StartAsync();
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();

        Assert.That(await SendAsync(callback.Port, request), Does.StartWith("HTTP/1.1 400 "));

        await SignInHost.GetAsync(callback);
        await signingIn;
    }

    [Test]
    [Description("A head of more than 16 KiB is refused")]
    public async Task A_long_head_is_refused()
    {
        await using var host = await SignInHost.StartAsync();
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();

        string head = "GET /callback HTTP/1.1\r\nX: " + new string('x', 16 * 1024 - 27);
        Assert.That(await SendAsync(callback.Port, head), Does.StartWith("HTTP/1.1 400 "));

        await SignInHost.GetAsync(callback);
        await signingIn;
    }

    [TestCase("GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n")]
    [TestCase("GET /callback?code=x&state=y HTTP/1.1\r\nHost: {0}\r\n\r\n")]
    [TestCase("GET /callb")]
    [Description("A connection that is reset does not end the wait")]
    public async Task Reset_connections_do_not_end_the_wait(string request)
    {
        await using var host = await SignInHost.StartAsync();
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();

        for (int i = 0; i < 20; i++)
        {
            using TcpClient connection = new() { LingerState = new(enable: true, seconds: 0) };
            await connection.ConnectAsync(IPAddress.Loopback, callback.Port);
            await connection.Client.SendAsync(
                Encoding.ASCII.GetBytes(request.Replace("{0}", callback.Authority, StringComparison.Ordinal))
            );
        }

        Assert.That((await SignInHost.GetAsync(callback)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await signingIn).Subject, Is.EqualTo("alice"));
    }

    [TestCase("")]
    [TestCase("GET /callb")]
    [TestCase("GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n")]
    [Description("RFC 8252 §8.10: connections that send nothing, or do not end after their request was refused, do not delay the callback")]
    public async Task Idle_connections_do_not_delay_the_callback(string request)
    {
        await using var host = await SignInHost.StartAsync();
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();
        List<TcpClient> idle = [];
        try
        {
            for (int i = 0; i < 300; i++)
            {
                idle.Add(new());
                await idle[^1].ConnectAsync(IPAddress.Loopback, callback.Port);
                await idle[^1].Client.SendAsync(Encoding.ASCII.GetBytes(request));
            }

            var answered = await SignInHost.GetAsync(callback).WaitAsync(TimeSpan.FromSeconds(10));

            Assert.That(answered.Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That((await signingIn).Subject, Is.EqualTo("alice"));
        }
        finally
        {
            idle.ForEach(connection => connection.Dispose());
        }
    }

    private static async Task<string> SendAsync(int port, string request)
    {
        using TcpClient connection = new();
        await connection.ConnectAsync(IPAddress.Loopback, port);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync();
    }
}
