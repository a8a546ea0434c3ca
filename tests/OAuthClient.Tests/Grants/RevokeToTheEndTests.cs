using OAuthClient.Testing;

namespace OAuthClient.Tests.Grants;

/// <summary>Disconnecting ends everything it can, whatever fails on the way (RFC 7009 §2.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RevokeToTheEndTests
{
    [Test]
    [Description("RFC 7009 §2.2.1: a refusal for the refresh token leaves the access token to be revoked, and is reported")]
    public async Task A_refusal_for_one_token_does_not_spare_the_next()
    {
        await using var bench = await Bench.StartAsync();
        var grant = await bench.SignedInAsync();
        bench.Server.Faults.Add(TestEndpoint.Revocation, Fault.Status(503), times: 1);

        Assert.That(async () => await bench.Client.RevokeAsync("42"), Throws.InstanceOf<EndpointException>());

        var requests = bench.Server.RequestsTo(TestEndpoint.Revocation);
        Assert.That(requests.Select(request => request.Form["token"]), Is.EqualTo(new[] { grant.RefreshToken!.Reveal(), grant.AccessToken!.Reveal() }));
        Assert.That(await bench.Client.FindGrantAsync("42"), Is.Null);
    }

    [Test]
    [Description("A browser that leaves in the middle must not leave half of the tokens alive")]
    public async Task Once_begun_it_goes_on_when_the_caller_leaves()
    {
        await using var bench = await Bench.StartAsync();
        await bench.SignedInAsync();
        using var browser = new CancellationTokenSource();
        var release = new TaskCompletionSource();
        bench.Server.Faults.Add(TestEndpoint.Revocation, Fault.HoldUntil(release.Task), times: 1);

        var revoking = bench.Client.RevokeAsync("42", browser.Token);
        await bench.Server.WaitForRequestAsync(TestEndpoint.Revocation);
        await browser.CancelAsync();
        release.SetResult();
        await revoking.Promptly();

        Assert.That(bench.Server.RequestsTo(TestEndpoint.Revocation), Has.Count.EqualTo(2));
    }
}
