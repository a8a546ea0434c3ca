using System.Text;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests the authorization code flow without faults (OpenID Connect Core §3.1).</summary>
public sealed class CodeFlowTests
{
    [Test]
    [Description(
        "OpenID Connect Core §3.1: from the authorization request to the resource, with the required number of requests to each "
            + "endpoint"
    )]
    public async Task oidcc_client_test()
    {
        await using var party = await RelyingParty.StartAsync();
        var grant = await party.AcceptsLoginAsync();
        Assert.That(grant.Subject, Is.EqualTo("alice"));
        Assert.That(grant.IdTokenClaims!.Value.GetProperty("iss").GetString(), Is.EqualTo(party.Server.Issuer.OriginalString));
        Assert.That(party.Called, Is.EquivalentTo([TestEndpoint.Metadata, TestEndpoint.Jwks, TestEndpoint.Token]));
        Assert.That((await party.StoredAsync()).Single().Id, Is.EqualTo(grant.Id));

        var request = party.Server.RequestsTo(TestEndpoint.Authorization)[0];
        Assert.That(request.Query["response_type"], Is.EqualTo("code"));
        Assert.That(request.Query["scope"].Split(' '), Does.Contain("openid"));
        Assert.That(request.Query["code_challenge_method"], Is.EqualTo("S256"));
        foreach (string unguessable in new[] { "state", "nonce", "code_challenge" })
            Assert.That(request.Query[unguessable], Has.Length.AtLeast(43), unguessable);
    }

    [Test]
    [Description("OpenID Connect Core §9, RFC 6749 §2.3.1: the server accepts only client_secret_basic")]
    public async Task oidcc_client_test_client_secret_basic()
    {
        await using var party = await RelyingParty.StartAsync(registered: RelyingParty.Registered(authentication: "client_secret_basic"));
        await party.AcceptsLoginAsync();
        var request = party.Server.RequestsTo(TestEndpoint.Token).Single();
        Assert.That(
            request.Headers["Authorization"],
            Is.EqualTo("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{RelyingParty.Name}:{RelyingParty.Secret}")))
        );
        Assert.That(request.Form, Does.Not.ContainKey("client_secret"));
    }
}
