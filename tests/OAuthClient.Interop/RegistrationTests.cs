using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests dynamic registration and the management of the registration.</summary>
[TestFixture]
public sealed class RegistrationTests
{
    private const string InitialAccessToken = "an-initial-access-token";

    [Test]
    [Description("RFC 7591: the first login registers the client, and the next uses the registration")]
    public async Task Registration_at_first_use()
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
    [Description("RFC 7591 §3.2.2: without the initial access token the exception says what is missing")]
    public async Task Registration_without_the_initial_access_token()
    {
        await using var party = await RelyingParty.StartUnregisteredAsync(o => o.InitialAccessToken = "a-wrong-one");

        Assert.That(
            async () => await party.SignInAsync(),
            Throws.InstanceOf<OAuthException>().With.Message.Contains("InitialAccessToken").And.Message.Not.Contains("a-wrong-one")
        );
    }

    [Test]
    [Description("RFC 7592: a registration is read, updated (the provider rotates the registration access token each time) and deleted")]
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
        Assert.That((await party.SignInAsync()).ClientId, Is.EqualTo(registered.ClientId), "its secret is still valid");

        await registration.DeleteAsync();
        Assert.That((await party.SignInAsync()).ClientId, Is.Not.EqualTo(registered.ClientId));
    }
}
