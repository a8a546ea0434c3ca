using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests refresh tokens that are valid once (RFC 9700 §4.14.2), with concurrent callers and with a lost response.</summary>
public sealed class RotationTests : RelyingPartyTestBase
{
    [SetUp]
    public async Task SignInAsync()
    {
        await party.SignInAsync();
        Expire();
    }

    [Test]
    [Description("RFC 9700 §4.14.2: 100 concurrent requests with an expired token share one refresh, and the grant remains usable")]
    public async Task Parallel_refresh()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => party.CallApiAsync()));
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));
        Assert.That(party.Api.Requests.Select(request => request.Headers["Authorization"]).Distinct().Count(), Is.EqualTo(1));
        Expire();
        await party.CallApiAsync();
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));
    }

    [Test]
    [Description(
        "RFC 9700 §4.14.2: the response is lost and the server has a grace period: the same token is sent once more, and the "
            + "grant remains usable"
    )]
    public async Task Lost_response_with_a_grace_period([Values] bool truncated)
    {
        party.Server.Options.RefreshTokenGracePeriod = TimeSpan.FromMinutes(1);
        party.Server.Faults.Add(TestEndpoint.Token, truncated ? Fault.TruncatedBody() : Fault.ResetAfterWork(), times: 1);
        await party.CallApiAsync();
        var sent = party.Server.RequestsTo(TestEndpoint.Token).Select(request => request.Form["refresh_token"]).ToList();
        Assert.That(sent, Has.Count.EqualTo(2));
        Assert.That(sent[1], Is.EqualTo(sent[0]));
        Expire();
        await party.CallApiAsync();
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));
    }

    [Test]
    [Description(
        "RFC 9700 §4.14.2: without a grace period the grant is lost: the exception says so, the token is not sent again, and "
            + "the API receives no request"
    )]
    public async Task Lost_response_without_a_grace_period([Values] bool truncated)
    {
        party.Server.Faults.Add(TestEndpoint.Token, truncated ? Fault.TruncatedBody() : Fault.ResetAfterWork(), times: 1);
        for (int attempt = 0; attempt < 3; attempt++)
            Assert.That(party.CallApiAsync, Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2));
        Assert.That(party.Api.Requests, Is.Empty);
        await party.AcceptsLoginAsync();
    }

    private void Expire()
    {
        party.Clock.Advance(TimeSpan.FromHours(2));
        party.Server.ClearRequests();
        party.Api.ClearRequests();
    }
}
