using System.Net;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that Retry-After (RFC 9110 §10.2.3, RFC 6585 §4) delays every request of the client to that server by up to a minute.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RetryAfterTests
{
    private static readonly TimeSpan FourSeconds = TimeSpan.FromSeconds(4);

    [TestCase(429)]
    [TestCase(503)]
    [Description("The delay is that of the server when it is longer than that of the retry")]
    public async Task The_delay_is_that_of_the_server(int status)
    {
        await using ScriptedServer server = new(retries: true);
        AnswerOnce(server, status, FourSeconds);
        Pauses pauses = new(server.Clock);
        await pauses.PassAsync(server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()));
        Assert.That(pauses.Taken, Is.EqualTo([FourSeconds]));
    }

    [Test]
    [Description("A Retry-After date is compared with the client's clock")]
    public async Task Retry_After_may_be_a_date()
    {
        await using ScriptedServer server = new(retries: true);
        AnswerOnce(server, 429, response => response.Headers.RetryAfter = new(server.Clock.GetUtcNow() + FourSeconds));
        Pauses pauses = new(server.Clock);
        await pauses.PassAsync(server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()));
        Assert.That(pauses.Taken, Is.EqualTo([FourSeconds]));
    }

    [TestCase(400)]
    [TestCase(500)]
    [Description("Retry-After is ignored in other responses")]
    public async Task Retry_After_in_other_responses_is_ignored(int status)
    {
        await using ScriptedServer server = new();
        AnswerOnce(server, status, FourSeconds);
        Assert.That(() => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.TypeOf<TokenEndpointException>());
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();
    }

    [Test]
    [Description("All other requests of the client to the server are delayed, with the built-in or another pipeline")]
    public async Task Other_requests_are_delayed([Values] bool retries)
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
    [Description("Requests to another server, or of another client, are not delayed")]
    public async Task Requests_to_other_servers_are_not_delayed()
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
            .SendAsync(new("token endpoint", new(ScriptedServer.Origin + "/token")), server.ConfigurationOf(), CancellationToken.None)
            .Promptly();
    }

    [TestCase(30)]
    [TestCase(3600)]
    [Description("A delay longer than the deadline returns the response at once and fails later requests; it is at most a minute")]
    public async Task A_delay_longer_than_the_deadline_fails_at_once(int seconds)
    {
        await using ScriptedServer server = new(retries: true);
        AnswerOnce(server, 429, TimeSpan.FromSeconds(seconds));
        int limited = Math.Min(seconds, 60);
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
                    $"No request was sent to the token endpoint (https://as.example/token): "
                        + $"the server requested a pause of another {limited} s (Retry-After), "
                        + "which exceeds the rest of BackChannelDeadline."
                )
        );
        Assert.That(server.Requests, Has.Count.EqualTo(1));

        server.Clock.Advance(TimeSpan.FromSeconds(limited));
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("A refresh token that would be delayed beyond the deadline counts as not sent")]
    public async Task A_stopped_refresh_token_was_not_sent()
    {
        await using ScriptedServer server = new(retries: true);
        AnswerOnce(server, 503, TimeSpan.FromSeconds(45));
        var backChannel = server.BackChannelOf();
        SendTracker tracker = new();
        BackChannelRequest userInfo = new("userinfo endpoint", new(ScriptedServer.Origin + "/userinfo")) { AffectsOtherRequests = true };
        await backChannel.SendAsync(userInfo, server.ConfigurationOf(), CancellationToken.None).Promptly();
        var exception = Assert.CatchAsync(() =>
            backChannel
                .SendAsync(
                    new("token endpoint", new(ScriptedServer.Origin + "/token"))
                    {
                        Form = [new("refresh_token", "the-token")],
                        SendTracker = tracker,
                    },
                    server.ConfigurationOf(),
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
