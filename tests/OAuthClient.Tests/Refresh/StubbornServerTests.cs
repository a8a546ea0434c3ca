namespace OAuthClient.Tests;

/// <summary>Servers that answer correctly and yet not helpfully: they must cost neither an endless loop nor a grant.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class StubbornServerTests
{
    private const string Same = """{"access_token":"the-same","token_type":"Bearer","expires_in":3600,"refresh_token":"r"}""";

    [Test]
    [Description("RFC 6749 §5.1 lets a server hand out one token until it ends; a refused one is asked for anew once, not for ever")]
    public async Task A_server_that_gives_the_refused_token_again_is_asked_once()
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
    public async Task A_server_that_gives_the_client_its_refused_token_again_is_asked_once()
    {
        await using ScriptedServer server = new();
        server.Answers(Same);
        var token = await server.Client.GetAccessTokenAsync(GrantOwner.Client);

        var another = await server.Client.GetAccessTokenAsync(GrantOwner.Client, new() { RejectedToken = token }).Promptly();

        Assert.That(another, Is.EqualTo(token));
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("A life of nothing cannot be meant: believed, every call after a login would ask for another login")]
    public async Task A_token_that_is_over_when_it_comes_and_cannot_be_had_anew_is_used_all_the_same()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"access_token":"at","token_type":"Bearer","expires_in":0}""");
        await server.SignInAsync();

        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at"));
    }

    [Test]
    [Description("While a token still lives, a server that is out is asked again after a pause and not at every call")]
    public async Task An_early_request_for_the_client_that_fails_is_not_repeated_at_once()
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

        // The first failure may land while the loop runs: one more attempt can start before its pause is known.
        Assert.That(server.Requests, Has.Count.LessThanOrEqualTo(3));
    }
}
