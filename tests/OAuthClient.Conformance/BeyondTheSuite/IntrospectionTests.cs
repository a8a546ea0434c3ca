using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests introspection responses (RFC 7662), plain and signed (RFC 9701).</summary>
public sealed class IntrospectionTests
{
    [TestCase(false), TestCase(true)]
    [Description("RFC 7662 §2.2, RFC 9701 §5: all members for a valid token, and only active=false for another")]
    public async Task Plain_and_signed_responses(bool bySignature)
    {
        await using var party = await RelyingParty.StartAsync(o => o.SignedIntrospectionResponses = bySignature);
        var grant = await party.AcceptsLoginAsync();
        var token = await party.Service<TokenIntrospection>().IntrospectAsync(grant.AccessToken!).Promptly();
        Assert.That((token.IsActive, token.Subject, token.ClientId), Is.EqualTo((true, "alice", RelyingParty.Name)));
        Assert.That((await party.Service<TokenIntrospection>().IntrospectAsync("never-issued").Promptly()).IsActive, Is.False);
    }

    [TestCase(Defect.IntrospectionUnsigned, "signed with 'none'")]
    [TestCase(Defect.IntrospectionBadSignature, "does not verify")]
    [TestCase(Defect.IntrospectionWrongType, "typ is 'JWT'")]
    [TestCase(Defect.IntrospectionWrongIssuer, "iss is 'https://attacker.example.com'")]
    [TestCase(Defect.IntrospectionWrongAudience, "aud does not name this client")]
    [Description("RFC 9701 §5: signature, type, issuer and audience of a signed response are validated")]
    public async Task Invalid_signed_responses(Defect defect, string cause)
    {
        await using var party = await RelyingParty.StartAsync(o => o.SignedIntrospectionResponses = true);
        var grant = await party.AcceptsLoginAsync();
        party.Server.Options.Defect = defect;
        party.Server.ClearRequests();
        Assert.That(
            async () => await party.Service<TokenIntrospection>().IntrospectAsync(grant.AccessToken!).Promptly(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(cause).And.Message.Contains("introspection response")
        );
        Assert.That(party.Called, Is.SubsetOf([TestEndpoint.Introspection, TestEndpoint.Jwks]));
        Assert.That(party.Server.RequestsTo(TestEndpoint.Introspection), Has.Count.EqualTo(1));
    }
}
