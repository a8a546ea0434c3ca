using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests a refresh and the ID Token in its response (OpenID Connect Core §12).</summary>
public sealed class RefreshTests : RelyingPartyTestBase
{
    [Test]
    [Description("OpenID Connect Core §12: the token is refreshed, and the new one is used to request userinfo")]
    public async Task oidcc_client_test_refresh_token()
    {
        var first = await AcceptedAndExpiredAsync();
        var user = await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly();
        var refreshed = (await party.StoredAsync()).Single();
        Assert.That(user.Subject, Is.EqualTo("alice"));
        Assert.That(refreshed.Generation, Is.EqualTo(first.Generation + 1));
        Assert.That(refreshed.RefreshToken, Is.Not.EqualTo(first.RefreshToken));
        Assert.That(refreshed.IdToken, Is.Not.EqualTo(first.IdToken));
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token).Single().Form["refresh_token"], Is.EqualTo(first.RefreshToken!.Reveal()));
        Assert.That(
            party.Server.RequestsTo(TestEndpoint.UserInfo).Single().Headers["Authorization"],
            Is.EqualTo("Bearer " + refreshed.AccessToken!.Reveal())
        );
        await party.ReachesApiAsync(refreshed);
    }

    [Test]
    [Description("OpenID Connect Core §12.2: the refreshed ID Token has another iss")]
    public Task oidcc_client_test_refresh_token_invalid_issuer() => RejectsAsync(Defect.RefreshedIdTokenWrongIssuer, "another issuer");

    [Test]
    [Description("OpenID Connect Core §12.2: the refreshed ID Token has another sub")]
    public Task oidcc_client_test_refresh_token_invalid_sub() => RejectsAsync(Defect.RefreshedIdTokenWrongSubject, "another user");

    private async Task RejectsAsync(Defect defect, string cause)
    {
        await AcceptedAndExpiredAsync();
        party.Server.Options.Defect = defect;
        Assert.That(
            async () => await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly(),
            Throws
                .TypeOf<ReauthorizationRequiredException>()
                .With.InnerException.TypeOf<OAuthProtocolException>()
                .And.InnerException.Message.Contains(cause)
        );
        Assert.That(party.Called, Is.SubsetOf([TestEndpoint.Metadata, TestEndpoint.Jwks, TestEndpoint.Token, TestEndpoint.Revocation]));
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));
        Assert.That(await party.StoredAsync(), Is.Empty, "the grant ends, and nothing of the response is stored");
    }

    private async Task<Grant> AcceptedAndExpiredAsync()
    {
        var grant = await party.AcceptsLoginAsync();
        party.Clock.Advance(TimeSpan.FromHours(2));
        party.Server.ClearRequests();
        return grant;
    }
}
