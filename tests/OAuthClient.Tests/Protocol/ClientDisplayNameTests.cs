using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests the name of a client in messages.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientDisplayNameTests
{
    [TestCase("photos", "OAuth client 'photos'")]
    [TestCase("", "OAuth client")]
    public void A_client_is_named(string name, string text)
    {
        Assert.That(new ClientDisplayName(name).ToString(), Is.EqualTo(text));
        Assert.That(ClientDisplayName.Of(name), Is.EqualTo("the " + text));
    }

    [Test]
    [Description("A log message of the client without a name contains no empty name")]
    public async Task A_log_message_contains_no_empty_name()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(TimeSpan.FromHours(1));
        server.Answers("""{"error":"invalid_grant"}""", 400);

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );

        Assert.That(server.Log.Events(304).Single().Message, Does.StartWith("OAuth client lost a grant: "));
        Assert.That(server.Log.Entries.Select(entry => entry.Message), Has.None.Contains("''"));
    }
}
