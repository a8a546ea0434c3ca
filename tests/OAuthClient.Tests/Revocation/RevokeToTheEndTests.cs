using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Disconnecting ends everything it can, whatever fails on the way (RFC 7009 §2.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RevokeToTheEndTests
{
    [Test]
    [Description("RFC 7009 §2.2.1: a refusal for the refresh token leaves the access token to be revoked, and is reported")]
    public async Task A_refusal_for_one_token_does_not_spare_the_next()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var grant = await host.SignedInAsync();
        host.Server.Faults.Add(TestEndpoint.Revocation, Fault.Status(503), times: 1);

        Assert.That(async () => await host.Client.RevokeAsync(GrantOwner.User("42")), Throws.InstanceOf<EndpointException>());

        var requests = host.Server.RequestsTo(TestEndpoint.Revocation);
        Assert.That(
            requests.Select(request => request.Form["token"]),
            Is.EqualTo(new[] { grant.RefreshToken!.Reveal(), grant.AccessToken!.Reveal() })
        );
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }
}
