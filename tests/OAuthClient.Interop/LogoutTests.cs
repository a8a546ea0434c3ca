using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests logout that the application or the provider initiates.</summary>
[TestFixture]
public sealed class LogoutTests
{
    [Test]
    [Description("OpenID Connect RP-Initiated Logout §2, §3: signed out here and at the provider, and the browser returns with the state")]
    public async Task Initiated_by_the_application([Values(ServerKind.OidcProvider, ServerKind.OpenIddict)] ServerKind server)
    {
        using Visitor alice = new();
        await using var party = await RelyingParty.StartAsync(server: server);
        await party.SignInAsync(alice);
        var logout = party.Services.GetRequiredService<OpenIdLogout>();

        var pending = await logout.BeginAsync(RelyingParty.Owner);
        Assert.That(await party.Client.FindGrantAsync(RelyingParty.Owner), Is.Null);
        var back = await alice.GoAsync(pending.EndSessionUri!);

        Assert.That(back.GetLeftPart(UriPartial.Path), Is.EqualTo(RelyingParty.SignedOut));
        logout.Complete(pending, AuthorizationResponse.Parse(back));
        Assert.That(await LoginWithoutPromptAsync(party, alice), Is.EqualTo("login_required"), "she is signed out at the provider");
    }

    [Test]
    [Description(
        "OpenID Connect RP-Initiated Logout §3: the state is optional, and a return without state does not complete a logout "
            + "that sent one"
    )]
    public async Task Without_state([Values(ServerKind.OidcProvider, ServerKind.OpenIddict)] ServerKind server)
    {
        using Visitor alice = new();
        await using var party = await RelyingParty.StartAsync(server: server);
        await party.SignInAsync(alice);
        var logout = party.Services.GetRequiredService<OpenIdLogout>();

        var without = await logout.BeginAsync(RelyingParty.Owner, new() { OmitState = true });
        var back = await alice.GoAsync(without.EndSessionUri!);
        logout.Complete(without, AuthorizationResponse.Parse(back));

        var with = await logout.BeginAsync(RelyingParty.Owner);
        Assert.That(() => logout.Complete(with, AuthorizationResponse.Parse(back)), Throws.TypeOf<OAuthProtocolException>());
    }

    [Test]
    [Description("OpenID Connect Back-Channel Logout §2.5: signed out at the provider, which sends a logout token")]
    public async Task Initiated_by_the_provider()
    {
        using Visitor alice = new();
        await using var party = await RelyingParty.StartWebAsync();
        var grant = await party.SignInAsync(alice);
        Assert.That(grant.SessionId, Is.Not.Null);

        // Only the browser signs out, as if another application had initiated it.
        await alice.GoAsync(new(party.Provider.Issuer, "/session/end"));

        bool isStored = true;
        await Eventually.UntilAsync(
            () => !isStored,
            async () => isStored = await party.Client.FindGrantAsync(RelyingParty.Owner) is not null
        );
        Assert.That(await LoginWithoutPromptAsync(party, alice), Is.EqualTo("login_required"));
    }

    private static async Task<string> LoginWithoutPromptAsync(RelyingParty party, Visitor visitor)
    {
        var pending = await party.Client.BeginAuthorizationAsync(new() { Prompt = "none" });
        var callback = await visitor.GoAsync(pending.AuthorizationUri);
        try
        {
            await party.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), RelyingParty.Owner);
            return "signed in";
        }
        catch (AuthorizationResponseException exception)
        {
            return exception.Error;
        }
    }
}
