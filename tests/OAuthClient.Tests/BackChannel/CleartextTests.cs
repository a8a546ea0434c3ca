namespace OAuthClient.Tests;

/// <summary>Tests that every endpoint requires https, and that http on loopback requires an option.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CleartextTests
{
    [TestCase("http://as.example/token")]
    [TestCase("http://127.0.0.1:1/token")]
    [Description("An http endpoint is rejected before anything is sent, on loopback too unless the option allows it")]
    public async Task Http_is_rejected(string endpoint)
    {
        await using ScriptedServer server = new();
        var request = new BackChannelRequest("token endpoint", new(endpoint + "?secret=x")) { Form = [new("code", "the-code")] };

        Assert.That(
            async () => await server.BackChannelOf().SendAsync(request, server.ConfigurationOf(), default),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contain($"token endpoint ({endpoint})")
                .And.Message.Contain("https")
                .And.Message.Contain("no request was sent")
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("The option for http on loopback does not allow http to another host")]
    public async Task Http_beyond_loopback_is_rejected()
    {
        await using ScriptedServer server = new(o => o.DangerouslyAllowHttpOnLoopback = true);
        var backChannel = server.BackChannelOf();

        Assert.That(
            async () =>
                await backChannel.SendAsync(
                    new BackChannelRequest("token endpoint", new("http://as.example/token")),
                    server.ConfigurationOf(),
                    default
                ),
            Throws.TypeOf<OAuthProtocolException>()
        );
        await backChannel.SendAsync(
            new BackChannelRequest("token endpoint", new("http://127.0.0.1:1/token")),
            server.ConfigurationOf(),
            default
        );

        Assert.That(server.Only.Uri.Host, Is.EqualTo("127.0.0.1"));
    }
}
