using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>An endpoint that redirects would take a secret, or the library's trust, to an address of its choice (RFC 9700 §4.12, RFC 9110 §15.4).</summary>
public sealed class RedirectTests
{
    [Test]
    [Description(
        "Threat: redirect leak. No endpoint's redirect is followed; whoever it points to is not asked, and nothing is asked afterwards"
    )]
    public async Task Nobody_is_asked_in_an_endpoints_stead(
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
        // Metadata may stand at two addresses, and there are two tokens to revoke.
        Assert.That(party.Server.RequestsTo(endpoint).Select(request => request.Path + request.Body), Is.Not.Empty.And.Unique);
        party.Server.Faults.Remove(fault);
        party.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That(() => call(), Throws.Nothing);
    }
}
