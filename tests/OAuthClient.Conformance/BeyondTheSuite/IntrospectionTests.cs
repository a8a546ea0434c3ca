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
}
