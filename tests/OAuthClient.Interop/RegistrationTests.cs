using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>A client that registers itself, and looks after that.</summary>
[TestFixture]
public sealed class RegistrationTests
{
    private const string InitialAccessToken = "an-initial-access-token";

    [Test]
    [Description("RFC 7591: the first login registers the client, and the next uses what it got")]
    public async Task By_itself()
    {
        await using var party = await RelyingParty.StartUnregisteredAsync(o => o.InitialAccessToken = InitialAccessToken);

        var first = await party.SignInAsync();
        var second = await party.SignInAsync();

        Assert.That(first.Subject, Is.EqualTo("alice"));
        Assert.That(first.ClientId, Is.Not.Empty);
        Assert.That(second.ClientId, Is.EqualTo(first.ClientId));
        Assert.That(
            await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { RejectedToken = second.AccessToken }),
            Is.Not.EqualTo(second.AccessToken)
        );
    }

    [Test]
    [Description("RFC 7591 §3.2.2: without the token that registering takes, the developer hears so")]
    public async Task Without_being_allowed_to()
    {
        await using var party = await RelyingParty.StartUnregisteredAsync(o => o.InitialAccessToken = "a-wrong-one");

        Assert.That(
            async () => await party.SignInAsync(),
            Throws.InstanceOf<OAuthException>().With.Message.Contains("InitialAccessToken").And.Message.Not.Contains("a-wrong-one")
        );
    }

    [Test]
    [Description("RFC 7592: read, changed (the provider rotates the registration access token each time), and given up")]
    public async Task Management()
    {
        string name = "Photos";
        await using var party = await RelyingParty.StartUnregisteredAsync(o =>
            (o.InitialAccessToken, o.ClientName) = (InitialAccessToken, name)
        );
        var registration = party.Services.GetRequiredService<DynamicRegistration>();

        var registered = await registration.RegisterAsync();
        Assert.That(registered.CanBeManaged, Is.True);
        Assert.That((await registration.ReadAsync()).Metadata.GetProperty("client_name").GetString(), Is.EqualTo("Photos"));
        for (int i = 0; i < 2; i++)
            Assert.That((await registration.UpdateAsync()).ClientId, Is.EqualTo(registered.ClientId));
        Assert.That((await party.SignInAsync()).ClientId, Is.EqualTo(registered.ClientId), "its secret is still the right one");

        await registration.DeleteAsync();
        Assert.That((await party.SignInAsync()).ClientId, Is.Not.EqualTo(registered.ClientId));
    }
}
