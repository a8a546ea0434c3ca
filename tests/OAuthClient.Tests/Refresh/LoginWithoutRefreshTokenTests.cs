namespace OAuthClient.Tests;

/// <summary>Tests servers that issue a refresh token at the first login only (Google, without prompt=consent).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class LoginWithoutRefreshTokenTests
{
    private const string First = """{"access_token":"a1","token_type":"Bearer","expires_in":3600,"refresh_token":"r1"}""";
    private const string Second = """{"access_token":"a2","token_type":"Bearer","expires_in":3600}""";
    private const string Refreshed = """{"access_token":"a3","token_type":"Bearer","expires_in":3600}""";

    [Test]
    [Description("RFC 6749 §6: a grant that can be refreshed is preferred to a newer one that cannot")]
    public async Task A_second_login_without_a_refresh_token_keeps_the_first_grant()
    {
        await using ScriptedServer server = new();
        server.Answers(First);
        await server.SignInAsync();
        server.Answers(Second);
        await server.SignInAsync();

        server.Clock.Advance(TimeSpan.FromHours(2));
        server.Answers(Refreshed);
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("a3"));
        Assert.That(server.Requests[^1]["refresh_token"], Is.EqualTo("r1"));
    }

    [Test]
    [Description("If both logins issue a refresh token, the newer grant replaces the older one")]
    public async Task A_second_login_with_a_refresh_token_replaces_the_first()
    {
        await using ScriptedServer server = new();
        server.Answers(First);
        await server.SignInAsync();
        var second = await server.SignInAsync();

        Assert.That(
            (await server.Store.FindAsync("", GrantOwner.User("42"), default)).Select(grant => grant.Id),
            Is.EqualTo(new[] { second.Id })
        );
    }

    [Test]
    [Description("RFC 8707: a grant for another protected resource is stored in addition, and each is used for its own resource")]
    public async Task A_login_for_another_resource_does_not_replace()
    {
        await using ScriptedServer server = new();
        server.Answers(First);
        Uri one = new("https://one.example"),
            two = new("https://two.example");
        var first = await server.SignInAsync(parameters: new() { Resources = [one] });
        var second = await server.SignInAsync(parameters: new() { Resources = [two] });

        Assert.That(
            (await server.Store.FindAsync("", GrantOwner.User("42"), default)).Select(grant => grant.Id),
            Is.EqualTo(new[] { second.Id, first.Id })
        );
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Resources = [one] });
        Assert.That(server.Requests[^1]["resource"], Is.EqualTo(one.OriginalString));
    }

    [TestCase("a b", "a", 2)]
    [TestCase("a b", "b c", 2)]
    [TestCase("a", "a b", 1)]
    [TestCase("", "a", 2)]
    [TestCase("a", "", 1)]
    [Description("RFC 8707: a login replaces an older one only if it covers all of its resources; a login without resources covers all")]
    public async Task Replaced_when_all_resources_are_covered(string older, string newer, int left)
    {
        await using ScriptedServer server = new();
        server.Answers(First);
        await server.SignInAsync(parameters: new() { Resources = Uris(older) });
        await server.SignInAsync(parameters: new() { Resources = Uris(newer) });
        Assert.That(await server.Store.FindAsync("", GrantOwner.User("42"), default), Has.Count.EqualTo(left));

        static Uri[] Uris(string names) =>
            [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => new Uri($"https://{name}.example"))];
    }

    [Test]
    [Description("RFC 8707: a grant for all resources replaces one for some")]
    public async Task A_login_for_all_resources_replaces_one_for_some()
    {
        await using ScriptedServer server = new();
        server.Answers(First);
        await server.SignInAsync(parameters: new() { Resources = [new Uri("https://one.example"), new Uri("https://two.example")] });
        var some = await server.SignInAsync(
            parameters: new() { Resources = [new Uri("https://two.example"), new Uri("https://one.example")] }
        );
        Assert.That(
            (await server.Store.FindAsync("", GrantOwner.User("42"), default)).Select(grant => grant.Id),
            Is.EqualTo(new[] { some.Id })
        );

        var all = await server.SignInAsync();
        Assert.That(
            (await server.Store.FindAsync("", GrantOwner.User("42"), default)).Select(grant => grant.Id),
            Is.EqualTo(new[] { all.Id })
        );
    }
}
