using System.Net;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>A logout that the application begins (OpenID Connect RP-Initiated Logout).</summary>
public sealed class RpInitiatedLogoutTests
{
    private readonly CookieContainer browser = new();
    private RelyingParty party = null!;

    private OpenIdLogout Logout => party.Service<OpenIdLogout>();

    [SetUp]
    public async Task StartAsync()
    {
        party = await RelyingParty.StartAsync(o => o.PostLogoutRedirectUri = new(RelyingParty.SignedOut));
        await party.ReachesApiAsync(await party.SignInAsync(how: new() { Cookies = browser }));
        party.Server.ClearRequests();
        party.Api.ClearRequests();
    }

    [TearDown]
    public async Task StopAsync() => await party.DisposeAsync();

    [Test]
    [Description("RP-Initiated Logout §2, §3: signed out here, at the server, and the browser is back with the state it was sent with")]
    public async Task oidcc_client_test_rp_init_logout()
    {
        var pending = await Logout.BeginAsync(RelyingParty.Owner).Promptly();
        var request = await FollowAsync(pending);
        Assert.That(request.Sent.Query.Keys, Is.SupersetOf(new[] { "id_token_hint", "client_id", "post_logout_redirect_uri" }));
        Assert.That(request.Sent.Query["state"], Has.Length.AtLeast(22), "128 bits");
        Assert.That(request.Back.OriginalString, Is.EqualTo($"{RelyingParty.SignedOut}?state={request.Sent.Query["state"]}"));
        Assert.That(() => Logout.Complete(pending, AuthorizationResponse.Parse(request.Back)), Throws.Nothing);
        await IsSignedOutAsync();
    }

    [Test]
    [Description(
        "RP-Initiated Logout §2: a logout without state is complete when the browser is back without one. The suite's own module: a state that was sent and does not come back is no return of ours, and the user is signed out all the same"
    )]
    public async Task oidcc_client_test_rp_init_logout_no_state()
    {
        var stateless = await Logout.BeginAsync(RelyingParty.Owner, new() { OmitState = true }).Promptly();
        var request = await FollowAsync(stateless);
        Assert.That(request.Sent.Query.Keys, Does.Not.Contain("state"));
        Assert.That(request.Back.OriginalString, Is.EqualTo(RelyingParty.SignedOut));
        Assert.That(() => Logout.Complete(stateless, AuthorizationResponse.Parse(request.Back)), Throws.Nothing);
        await IsSignedOutAsync();

        await party.SignInAsync(how: new() { Cookies = browser });
        await RefusesAsync(Defect.PostLogoutMissingState, "without the state");
    }

    [Test]
    [Description("RP-Initiated Logout §3: the browser comes back with another state: somebody else sent it")]
    public Task oidcc_client_test_rp_init_logout_other_state() => RefusesAsync(Defect.PostLogoutWrongState, "another state");

    private async Task RefusesAsync(Defect defect, string cause)
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
        await IsSignedOutAsync();
    }

    private async Task<(RecordedRequest Sent, Uri Back)> FollowAsync(PendingLogout pending)
    {
        var back = await party.Server.SignOutAsync(pending.EndSessionUri!, browser);
        return (party.Server.RequestsTo(TestEndpoint.EndSession)[^1], back!);
    }

    private async Task IsSignedOutAsync()
    {
        Assert.That(await party.StoredAsync(), Is.Empty);
        Assert.That(party.CallApiAsync, Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(party.Api.Requests, Is.Empty);
        Assert.That(party.Called, Is.SubsetOf([TestEndpoint.Metadata, TestEndpoint.Jwks, TestEndpoint.Revocation, TestEndpoint.Token]));
        // Nor does the server know the browser any more.
        Assert.That(
            async () => await party.SignInAsync(new() { Prompt = "none" }, new() { Cookies = browser }),
            Throws
                .TypeOf<AuthorizationResponseException>()
                .With.Property(nameof(AuthorizationResponseException.Error))
                .EqualTo("login_required")
        );
    }
}
