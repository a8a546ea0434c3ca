using System.Net;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests a logout that the application initiates (OpenID Connect RP-Initiated Logout).</summary>
public sealed class RpInitiatedLogoutTests : RelyingPartyTestBase
{
    private readonly CookieContainer browser = new();

    private OpenIdLogout Logout => party.Service<OpenIdLogout>();

    private protected override Task<RelyingParty> StartPartyAsync() =>
        RelyingParty.StartAsync(o => o.PostLogoutRedirectUri = new(RelyingParty.SignedOut));

    [SetUp]
    public async Task SignInAsync()
    {
        await party.ReachesApiAsync(await party.SignInAsync(how: new() { Cookies = browser }));
        party.Server.ClearRequests();
        party.Api.ClearRequests();
    }

    [Test]
    [Description(
        "RP-Initiated Logout §2, §3: the user is signed out here and at the server, and the browser returns with the state that "
            + "was sent"
    )]
    public async Task oidcc_client_test_rp_init_logout()
    {
        var pending = await Logout.BeginAsync(RelyingParty.Owner).Promptly();
        var request = await FollowAsync(pending);
        Assert.That(request.Sent.Query.Keys, Is.SupersetOf(new[] { "id_token_hint", "client_id", "post_logout_redirect_uri" }));
        Assert.That(request.Sent.Query["state"], Has.Length.AtLeast(22), "128 bits");
        Assert.That(request.Back.OriginalString, Is.EqualTo($"{RelyingParty.SignedOut}?state={request.Sent.Query["state"]}"));
        Assert.That(() => Logout.Complete(pending, AuthorizationResponse.Parse(request.Back)), Throws.Nothing);
        await RequireSignedOutAsync();
    }

    [Test]
    [Description(
        "RP-Initiated Logout §2: a logout without state is complete when the browser returns without one. As in the module of "
            + "the suite, a return without the state that was sent is rejected, and the user is still signed out"
    )]
    public async Task oidcc_client_test_rp_init_logout_no_state()
    {
        var stateless = await Logout.BeginAsync(RelyingParty.Owner, new() { OmitState = true }).Promptly();
        var request = await FollowAsync(stateless);
        Assert.That(request.Sent.Query.Keys, Does.Not.Contain("state"));
        Assert.That(request.Back.OriginalString, Is.EqualTo(RelyingParty.SignedOut));
        Assert.That(() => Logout.Complete(stateless, AuthorizationResponse.Parse(request.Back)), Throws.Nothing);
        await RequireSignedOutAsync();

        await party.SignInAsync(how: new() { Cookies = browser });
        await RejectsAsync(Defect.PostLogoutMissingState, "lacks the state");
    }

    [Test]
    [Description("RP-Initiated Logout §3: a return with another state, which another party sent, is rejected")]
    public Task oidcc_client_test_rp_init_logout_other_state() => RejectsAsync(Defect.PostLogoutWrongState, "another state");

    private async Task RejectsAsync(Defect defect, string cause)
    {
        party.Server.Options.Defect = defect;
        party.Server.ClearRequests();
        var pending = await Logout.BeginAsync(RelyingParty.Owner).Promptly();
        var request = await FollowAsync(pending);
        var called = party.Server.Requests.Count;
        Assert.That(
            () => Logout.Complete(pending, AuthorizationResponse.Parse(request.Back)),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(cause)
        );
        Assert.That(party.Server.Requests, Has.Count.EqualTo(called));
        await RequireSignedOutAsync();
    }

    private async Task<(RecordedRequest Sent, Uri Back)> FollowAsync(PendingLogout pending)
    {
        var back = await party.Server.SignOutAsync(pending.EndSessionUri!, browser);
        return (party.Server.RequestsTo(TestEndpoint.EndSession)[^1], back!);
    }

    private async Task RequireSignedOutAsync()
    {
        Assert.That(await party.StoredAsync(), Is.Empty);
        Assert.That(party.CallApiAsync, Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(party.Api.Requests, Is.Empty);
        Assert.That(party.Called, Is.SubsetOf([TestEndpoint.Metadata, TestEndpoint.Jwks, TestEndpoint.Revocation, TestEndpoint.Token]));
        // The server has also ended the session of the browser.
        Assert.That(
            async () => await party.SignInAsync(new() { Prompt = "none" }, new() { Cookies = browser }),
            Throws
                .TypeOf<AuthorizationResponseException>()
                .With.Property(nameof(AuthorizationResponseException.Error))
                .EqualTo("login_required")
        );
    }
}
