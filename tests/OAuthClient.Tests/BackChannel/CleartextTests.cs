using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>Threat: cleartext. https for every endpoint; http to this very machine only where that is allowed, and said once.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CleartextTests
{
    [TestCase("http://as.example/token")]
    [TestCase("http://127.0.0.1:1/token")]
    [Description("Threat: cleartext. An http endpoint is refused before anything is sent, also on loopback unless that is allowed")]
    public async Task Plain_http_is_refused(string endpoint)
    {
        await using ScriptedServer server = new();
        var request = new BackChannelRequest("token endpoint", new(endpoint + "?secret=x")) { Form = [new("code", "the-code")] };

        Assert.That(
            async () => await server.BackChannelOf().SendAsync(request, default),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contain($"token endpoint ({endpoint})")
                .And.Message.Contain("https")
                .And.Message.Contain("nothing was sent")
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("Threat: cleartext. What is allowed for this machine is not allowed for another one")]
    public async Task Plain_http_beyond_loopback_is_refused()
    {
        await using ScriptedServer server = new(o => o.DangerouslyAllowHttpOnLoopback = true);
        var backChannel = server.BackChannelOf();

        Assert.That(
            async () => await backChannel.SendAsync(new BackChannelRequest("token endpoint", new("http://as.example/token")), default),
            Throws.TypeOf<OAuthProtocolException>()
        );
        await backChannel.SendAsync(new BackChannelRequest("token endpoint", new("http://127.0.0.1:1/token")), default);

        Assert.That(server.Only.Uri.Host, Is.EqualTo("127.0.0.1"));
    }

    [Test]
    [Description("What lowers safety is logged once when it is on, with the client's name, and not when it is off")]
    public async Task Leave_for_http_is_logged_once()
    {
        await using var host = await OAuthTestHost.StartAsync();
        for (int i = 0; i < 3; i++)
            await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        var warning = host.Log.Events(1).Single();
        Assert.That(warning.Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(warning.Message, Does.Contain("'photos'").And.Contain("DangerouslyAllowHttpOnLoopback"));

        await using ScriptedServer server = new();
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.Log.Events(1), Is.Empty);
    }
}
