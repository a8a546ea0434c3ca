using System.Net;
using System.Net.Sockets;

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
    [Description("A registration with another redirect URI is reported with the one to set, without the port")]
    public async Task A_client_without_the_redirect_uri()
    {
        await using var host = await SignInHost.StartAsync(o =>
        {
            o.RedirectUri = new("http://localhost/callback");
            o.RedirectUris = [];
        });

        Assert.That(
            async () => await host.Client.SignInWithBrowserAsync(host.Options),
            Throws
                .ArgumentException.With.Message.Contains(
                    "has no redirect URI http://127.0.0.1/callback, on which the program listens (BrowserSignInOptions.RedirectUri). "
                        + "Set OAuthClientOptions.RedirectUri to it; localhost cannot be used (RFC 8252 §8.3)."
                )
                .And.InnerException.Message.Contains("http://localhost/callback")
        );
    }

    [Test]
    [Description("Another faulty parameter is not reported as a redirect URI")]
    public async Task Another_faulty_parameter_is_reported_as_it_is()
    {
        await using var host = await SignInHost.StartAsync();
        host.Options.Parameters = new() { Additional = new Dictionary<string, string> { ["state"] = "x" } };

        Assert.That(
            async () => await host.Client.SignInWithBrowserAsync(host.Options),
            Throws.ArgumentException.With.Message.Contains("'state' cannot be an additional")
        );
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
}
