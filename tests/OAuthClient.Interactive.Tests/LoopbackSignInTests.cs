using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OAuthClient.Interactive.Tests;

/// <summary>Tests the sign-in with a callback on the loopback address, over real sockets (RFC 8252 §7.3, §8).</summary>
[TestFixture]
public class LoopbackSignInTests
{
    [TestCase("http://127.0.0.1/callback")]
    [TestCase("http://[::1]/callback")]
    [Description("RFC 8252 §7.3: a free port of the loopback address is used, and nothing listens afterwards")]
    public async Task The_user_signs_in(string redirectUri)
    {
        await using var host = await SignInHost.StartAsync();
        host.Options.RedirectUri = new(redirectUri);

        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();
        var (status, page, response) = await SignInHost.GetAsync(callback);
        var grant = await signingIn;

        Assert.That((grant.Subject, grant.Owner), Is.EqualTo(("alice", GrantOwner.User("me"))));
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(page, Does.Contain("You are signed in").And.Contain("Photos &lt;cli&gt;"));
        Assert.That(page, Does.Not.Contain("<cli>"));
        Assert.That(response.Headers.CacheControl!.NoStore);
        Assert.That(
            response.Headers.GetValues("Content-Security-Policy").Single(),
            Does.StartWith("default-src 'none'; style-src 'sha256-")
        );
        Assert.That(response.Headers.GetValues("Referrer-Policy").Single(), Is.EqualTo("no-referrer"));
        Assert.That(async () => await SignInHost.GetAsync(callback), Throws.TypeOf<HttpRequestException>());
    }

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

    [Test]
    [Description("OAuth 2.0 Form Post Response Mode: the callback can be a form post")]
    public async Task The_callback_can_be_a_form_post()
    {
        await using var host = await SignInHost.StartAsync(o => o.ResponseMode = "form_post");
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();

        var status = await SignInHost.PostAsync(new(callback.GetLeftPart(UriPartial.Path)), callback.Query.TrimStart('?'));

        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await signingIn).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("RFC 6749 §4.1.2.1: the page and the exception say that the user refused")]
    public async Task A_refusal_is_shown()
    {
        await using var host = await SignInHost.StartAsync();
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync(new() { Deny = true });

        Assert.That((await SignInHost.GetAsync(callback)).Body, Does.Contain("Access was not granted"));

        Assert.That(async () => await signingIn, Throws.TypeOf<AuthorizationResponseException>());
    }

    [Test]
    [Description("The page says that the sign-in failed if the code cannot be redeemed, without a text of the server")]
    public async Task A_failure_is_shown()
    {
        await using var host = await SignInHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Body("""{"error":"invalid_grant","error_description":"text-of-the-server"}"""));
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();

        Assert.That((await SignInHost.GetAsync(callback)).Body, Does.Contain("The sign-in failed").And.Not.Contain("text-of-the-server"));

        Assert.That(async () => await signingIn, Throws.InstanceOf<OAuthException>());
    }

    [Test]
    [Description("The sign-in ends when the caller cancels, and when the browser does not come back in time; the port is closed")]
    public async Task The_wait_ends([Values] bool isCancelled)
    {
        await using var host = await SignInHost.StartAsync();
        using CancellationTokenSource cancellation = new();
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options, cancellation.Token);
        var callback = await host.CallbackAsync();

        if (isCancelled)
            await cancellation.CancelAsync();
        else
            host.Clock.Advance(TimeSpan.FromMinutes(6));

        Assert.That(
            async () => await signingIn,
            isCancelled
                ? Throws.InstanceOf<OperationCanceledException>()
                : Throws.TypeOf<TimeoutException>().With.Message.Contains("within 300 s")
        );
        Assert.That(async () => await SignInHost.GetAsync(callback), Throws.TypeOf<HttpRequestException>());
    }

    [Test]
    [Description("RFC 8252 §8.10: another program that listens on a listed port does not receive the code; the next port is used")]
    public async Task A_port_in_use_is_not_shared()
    {
        await using var host = await SignInHost.StartAsync();
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        int used = ((IPEndPoint)other.LocalEndpoint).Port;
        host.Options.Ports = [used];
        Assert.That(
            async () => await host.Client.SignInWithBrowserAsync(host.Options),
            Throws.TypeOf<OAuthException>().With.Message.Contains($"is free on 127.0.0.1 ({used})")
        );

        host.Options.Ports = [used, FreePort()];
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();

        Assert.That(callback.Port, Is.EqualTo(host.Options.Ports[1]));
        await SignInHost.GetAsync(callback);
        await signingIn;
    }

    [Test]
    [Description("Without a browser, the address and the command that forwards the port are written")]
    public async Task Without_a_browser_the_address_is_written()
    {
        await using var host = await SignInHost.StartAsync();
        var open = host.Options.OpenBrowserAsync;
        host.Options.OpenBrowserAsync = async (address, cancellationToken) => !await open(address, cancellationToken);
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();

        await SignInHost.GetAsync(callback);
        await signingIn;

        Assert.That(host.Output.ToString(), Does.Contain((await host.Opened.Task).AbsoluteUri));
        Assert.That(host.Output.ToString(), Does.Contain($"ssh -L {callback.Port}:127.0.0.1:{callback.Port} "));
    }

    [Test]
    [Description("SignInAsync opens the browser only where no stored grant can be used")]
    public async Task A_stored_grant_is_used()
    {
        await using var host = await SignInHost.StartAsync();
        var signingIn = host.Client.SignInAsync(host.Options);
        await SignInHost.GetAsync(await host.CallbackAsync());
        var first = await signingIn;

        Assert.That((await host.Client.SignInAsync(host.Options)).Id, Is.EqualTo(first.Id));
    }

    private static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
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
