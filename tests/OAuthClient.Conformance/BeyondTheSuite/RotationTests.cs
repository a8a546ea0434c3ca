using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Refresh tokens that are good once (RFC 9700 §4.14.2), many who need one at the same time, and an answer that is lost.</summary>
public sealed class RotationTests
{
    private RelyingParty party = null!;

    [SetUp]
    public async Task StartAsync()
    {
        party = await RelyingParty.StartAsync();
        await party.SignInAsync();
        Expire();
    }

    [TearDown]
    public async Task StopAsync() => await party.DisposeAsync();

    [Test]
    [Description("RFC 9700 §4.14.2: 100 requests find the token expired: one refresh, and the grant goes on living")]
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
    [Description("RFC 9700 §4.14.2: the answer is lost and the server has a grace: the same token once more, and the grant goes on living")]
    public async Task Lost_answer_with_grace([Values] bool truncated)
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
        "RFC 9700 §4.14.2: without grace the grant is lost, whoever the client is: it says so, never asks again, and sends the API nothing"
    )]
    public async Task Lost_answer_without_grace([Values] bool truncated)
    {
        party.Server.Faults.Add(TestEndpoint.Token, truncated ? Fault.TruncatedBody() : Fault.ResetAfterWork(), times: 1);
        for (int attempt = 0; attempt < 3; attempt++)
            Assert.That(party.CallApiAsync, Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2));
        Assert.That(party.Api.Requests, Is.Empty);
        await party.AcceptsAsync();
    }

    private void Expire()
    {
        party.Clock.Advance(TimeSpan.FromHours(2));
        party.Server.ClearRequests();
        party.Api.ClearRequests();
    }
}
