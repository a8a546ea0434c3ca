using System.Net;

namespace OAuthClient.Tests;

/// <summary>A server that wants to be left alone is (RFC 9110 §10.2.3, RFC 6585 §4): by every request of the client to it, up to a minute.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RetryAfterTests
{
    private static readonly TimeSpan FourSeconds = TimeSpan.FromSeconds(4);

    [TestCase(429)]
    [TestCase(503)]
    [Description("The pause is the server's, where it is longer than ours")]
    public async Task The_pause_is_the_servers(int status)
    {
        await using ScriptedServer server = new(retries: true);
        AnswerOnce(server, status, FourSeconds);
        Pauses pauses = new(server.Clock);
        await pauses.PassAsync(server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()));
        Assert.That(pauses.Taken, Is.EqualTo([FourSeconds]));
    }

    [Test]
    [Description("Also as a date, counted from our own clock")]
    public async Task As_a_date()
    {
        await using ScriptedServer server = new(retries: true);
        AnswerOnce(server, 429, response => response.Headers.RetryAfter = new(server.Clock.GetUtcNow() + FourSeconds));
        Pauses pauses = new(server.Clock);
        await pauses.PassAsync(server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()));
        Assert.That(pauses.Taken, Is.EqualTo([FourSeconds]));
    }

    [TestCase(400)]
    [TestCase(500)]
    [Description("Other answers have no say in when to come again")]
    public async Task Other_answers_do_not_count(int status)
    {
        await using ScriptedServer server = new();
        AnswerOnce(server, status, FourSeconds);
        Assert.That(() => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.TypeOf<TokenEndpointException>());
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();
    }

    [Test]
    [Description("Everything else that this client would ask of the server waits, too: with the built-in pipeline or another")]
    public async Task Other_requests_wait([Values] bool retries)
    {
        await using ScriptedServer server = new(retries: retries);
        AnswerOnce(server, 429, FourSeconds);
        Assert.That(
            () => server.Client.RequestTokenAsync(TokenRequest.Extension("urn:ietf:params:oauth:grant-type:device_code", [])),
            Throws.TypeOf<TokenEndpointException>()
        );

        Pauses pauses = new(server.Clock);
        var refresh = server.Client.RequestTokenAsync(TokenRequest.Refresh(new("the-token")));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        await pauses.PassAsync(refresh);
        Assert.That(pauses.Taken, Is.EqualTo([FourSeconds]));
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("Another server of the same client does not wait, nor does another client")]
    public async Task Others_do_not_wait()
    {
        await using ScriptedServer server = new(o => o.RevocationEndpoint = new("https://other.example/revoke"), retries: true);
        await server.SignedInAsync(ScriptedServer.Tokens("at"));
        AnswerOnce(server, 429, FourSeconds);
        Assert.That(
            () => server.Client.RequestTokenAsync(TokenRequest.Extension("urn:ietf:params:oauth:grant-type:device_code", [])),
            Throws.TypeOf<TokenEndpointException>()
        );
        await server.Client.RevokeAsync(GrantOwner.User("42")).Promptly();
        await server
            .BackChannelOf()
            .SendAsync(new("token endpoint", new(ScriptedServer.Origin + "/token")), CancellationToken.None)
            .Promptly();
    }

    [TestCase(30)]
    [TestCase(3600)]
    [Description(
        "What the deadline has no time for fails at once: the answer where there is one, afterwards a sentence. No server silences its clients for more than a minute"
    )]
    public async Task Longer_than_the_deadline(int seconds)
    {
        await using ScriptedServer server = new(retries: true);
        AnswerOnce(server, 429, TimeSpan.FromSeconds(seconds));
        int minute = Math.Min(seconds, 60);
        Assert.That(
            () => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly(),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.RetryAfter))
                .EqualTo(TimeSpan.FromSeconds(seconds))
        );
        Assert.That(
            () => server.Client.RequestTokenAsync(TokenRequest.Refresh(new("the-token"))).Promptly(),
            Throws
                .InstanceOf<HttpRequestException>()
                .With.Message.EqualTo(
                    $"The token endpoint (https://as.example/token) was not asked: the server wants to be left alone for another {minute} s (Retry-After), which is longer than BackChannelDeadline leaves time for."
                )
        );
        Assert.That(server.Requests, Has.Count.EqualTo(1));

        server.Clock.Advance(TimeSpan.FromSeconds(minute));
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("A refresh token that had to wait too long was not presented")]
    public async Task Nothing_was_presented()
    {
        await using ScriptedServer server = new(retries: true);
        AnswerOnce(server, 503, TimeSpan.FromSeconds(45));
        var backChannel = server.BackChannelOf();
        SendTracker tracker = new();
        BackChannelRequest userInfo = new("userinfo endpoint", new(ScriptedServer.Origin + "/userinfo")) { AffectsOtherRequests = true };
        await backChannel.SendAsync(userInfo, CancellationToken.None).Promptly();
        var exception = Assert.CatchAsync(() =>
            backChannel
                .SendAsync(
                    new("token endpoint", new(ScriptedServer.Origin + "/token"))
                    {
                        Form = [new("refresh_token", "the-token")],
                        SendTracker = tracker,
                    },
                    CancellationToken.None
                )
                .Promptly()
        )!;
        Assert.That(RefreshTokenOutcomes.Of(exception, tracker), Is.EqualTo(RefreshTokenOutcome.NotSent));
    }

    private static void AnswerOnce(ScriptedServer server, int status, TimeSpan retryAfter) =>
        AnswerOnce(server, status, response => response.Headers.RetryAfter = new(retryAfter));

    private static void AnswerOnce(ScriptedServer server, int status, Action<HttpResponseMessage> complete)
    {
        int answers = 0;
        server.Answers(_ =>
        {
            if (Interlocked.Increment(ref answers) > 1)
                return ScriptedServer.Json(200, ScriptedServer.Tokens("at"));
            HttpResponseMessage response = new((HttpStatusCode)status);
            complete(response);
            return response;
        });
    }
}
