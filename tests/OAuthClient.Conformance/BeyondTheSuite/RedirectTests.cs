using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// Tests that redirects of an endpoint, which could leak a secret to another address, are not followed (RFC 9700 §4.12, RFC 9110 §15.4).
/// </summary>
public sealed class RedirectTests
{
    [Test]
    [Description("Threat: redirect leak. The redirect of an endpoint is not followed, and no later request is sent")]
    public async Task Redirects_of_endpoints_are_not_followed(
        [ValueSource(typeof(Calls), nameof(Calls.Endpoints))] TestEndpoint endpoint,
        [Values(301, 302, 303, 307, 308)] int status
    )
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var party = await Calls.StartAsync(endpoint);
        var call = await Calls.PrepareAsync(party, endpoint);
        var fault = party.Server.Faults.Add(endpoint, Fault.Redirect(hostile.Issuer, status));

        Assert.That(() => call(), Throws.InstanceOf<OAuthException>().With.Message.Contains($"{status}"));

        Assert.That(hostile.Requests, Is.Empty);
        Assert.That(party.Server.Requests[^1].Endpoint, Is.EqualTo(endpoint));
        // Metadata can be requested at two addresses, and there are two tokens to revoke.
        Assert.That(party.Server.RequestsTo(endpoint).Select(request => request.Path + request.Body), Is.Not.Empty.And.Unique);
        party.Server.Faults.Remove(fault);
        party.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That(() => call(), Throws.Nothing);
    }
}
