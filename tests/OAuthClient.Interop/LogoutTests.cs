using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Alice leaves: here first, or there first.</summary>
[TestFixture]
public sealed class LogoutTests
{
    [Test]
    [Description("OpenID Connect RP-Initiated Logout §2, §3: out here, out there, and back with the state")]
    public async Task From_here()
    {
        using Visitor alice = new();
        await using var party = await RelyingParty.StartAsync();
        await party.SignInAsync(alice);
        var logout = party.Services.GetRequiredService<OpenIdLogout>();

        var pending = await logout.BeginAsync(RelyingParty.Owner);
        Assert.That(await party.Client.FindGrantAsync(RelyingParty.Owner), Is.Null);
        var back = await alice.GoAsync(pending.EndSessionUri!);

        Assert.That(back.GetLeftPart(UriPartial.Path), Is.EqualTo(RelyingParty.SignedOut));
        logout.Complete(pending, AuthorizationResponse.Parse(back));
        Assert.That(await AnswerWithoutPagesAsync(party, alice), Is.EqualTo("login_required"), "she is signed out there");
    }

    [Test]
    [Description("OpenID Connect RP-Initiated Logout §3: the state is optional, and a return with none answers no logout that sent one")]
    public async Task Without_state()
    {
        using Visitor alice = new();
        await using var party = await RelyingParty.StartAsync();
        await party.SignInAsync(alice);
        var logout = party.Services.GetRequiredService<OpenIdLogout>();

        var without = await logout.BeginAsync(RelyingParty.Owner, new() { OmitState = true });
        var back = await alice.GoAsync(without.EndSessionUri!);
        logout.Complete(without, AuthorizationResponse.Parse(back));

        var with = await logout.BeginAsync(RelyingParty.Owner);
        Assert.That(() => logout.Complete(with, AuthorizationResponse.Parse(back)), Throws.TypeOf<OAuthProtocolException>());
    }

    [Test]
    [Description("OpenID Connect Back-Channel Logout §2.5: out there, and the provider tells it here")]
    public async Task From_there()
    {
        using Visitor alice = new();
        await using var party = await RelyingParty.StartWebAsync();
        var grant = await party.SignInAsync(alice);
        Assert.That(grant.SessionId, Is.Not.Null);

        // Only the browser goes: as if another application had sent it.
        await alice.GoAsync(new(party.Provider.Issuer, "/session/end"));

        bool isThere = true;
        await Eventually.UntilAsync(
            () => !isThere,
            async () => isThere = await party.Client.FindGrantAsync(RelyingParty.Owner) is not null
        );
        Assert.That(await AnswerWithoutPagesAsync(party, alice), Is.EqualTo("login_required"));
    }

    private static async Task<string> AnswerWithoutPagesAsync(RelyingParty party, Visitor visitor)
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
