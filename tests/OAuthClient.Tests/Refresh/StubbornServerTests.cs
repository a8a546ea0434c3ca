namespace OAuthClient.Tests;

/// <summary>
/// Tests servers whose responses are valid but unhelpful: they must cause neither an endless loop nor the loss of a grant.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class StubbornServerTests
{
    private const string Same = """{"access_token":"the-same","token_type":"Bearer","expires_in":3600,"refresh_token":"r"}""";

    [Test]
    [Description(
        "RFC 6749 §5.1 allows a server to return one token until it expires; for a rejected token the server is asked once, not "
            + "in a loop"
    )]
    public async Task A_server_that_returns_the_rejected_token_is_asked_once()
    {
        await using ScriptedServer server = new();
        server.Answers(Same);
        var grant = await server.SignInAsync();

        var another = await server
            .Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { RejectedToken = grant.AccessToken })
            .Promptly();

        Assert.That(another, Is.EqualTo(grant.AccessToken));
        Assert.That(server.Requests.Count(sentRequest => sentRequest["grant_type"] == "refresh_token"), Is.EqualTo(1));
    }

    [Test]
    [Description("The same for the client's own token (RFC 6749 §4.4)")]
    public async Task A_server_that_returns_the_clients_rejected_token_is_asked_once()
    {
        await using ScriptedServer server = new();
        server.Answers(Same);
        var token = await server.Client.GetAccessTokenAsync(GrantOwner.Client);

        var another = await server.Client.GetAccessTokenAsync(GrantOwner.Client, new() { RejectedToken = token }).Promptly();

        Assert.That(another, Is.EqualTo(token));
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description(
        "A stated lifetime of zero is ignored for a token that cannot be renewed: otherwise every call after a login would "
            + "require another login"
    )]
    public async Task A_token_with_a_lifetime_of_zero_that_cannot_be_renewed_is_used()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"access_token":"at","token_type":"Bearer","expires_in":0}""");
        await server.SignInAsync();

        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at"));
    }

    [Test]
    [Description("While the token is valid, an unavailable server is asked again after a delay and not at every call")]
    public async Task A_failed_early_request_of_the_client_is_not_repeated_at_once()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"access_token":"at","token_type":"Bearer","expires_in":100}""");
        var token = await server.Client.GetAccessTokenAsync(GrantOwner.Client);
        var failed = new TaskCompletionSource();
        server.Answers(_ =>
        {
            failed.TrySetResult();
            return ScriptedServer.Json(503, "{}");
        });
        server.Clock.Advance(TimeSpan.FromSeconds(90));

        Assert.That(await server.Client.GetAccessTokenAsync(GrantOwner.Client), Is.EqualTo(token));
        await failed.Task.Promptly();
        for (int i = 0; i < 1000; i++)
            Assert.That(await server.Client.GetAccessTokenAsync(GrantOwner.Client), Is.EqualTo(token));

        // The first failure may occur during the loop: one more attempt can start before the delay is recorded.
        Assert.That(server.Requests, Has.Count.LessThanOrEqualTo(3));
    }
}
