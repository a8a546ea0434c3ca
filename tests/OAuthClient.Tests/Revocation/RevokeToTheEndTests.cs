using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests that a revocation continues after a failure (RFC 7009 §2.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RevokeToTheEndTests
{
    [Test]
    [Description("RFC 7009 §2.2.1: after an error for the refresh token the access token is still revoked, and the error is reported")]
    public async Task An_error_for_one_token_does_not_prevent_the_next()
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
