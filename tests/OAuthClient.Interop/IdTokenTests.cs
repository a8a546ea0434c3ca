using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>Who signed in, by every signature and encryption that is agreed on, and across a rotation of the provider's keys.</summary>
[TestFixture]
public sealed class IdTokenTests
{
    [TestCase("RS256")]
    [TestCase("PS256")]
    [TestCase("ES256")]
    [TestCase("HS256")]
    [Description("OpenID Connect Core §3.1.3.7: by the algorithm the client is registered for")]
    public async Task Signatures(string algorithm)
    {
        await using var party = await RelyingParty.StartAsync(
            new() { ["id_token_signed_response_alg"] = algorithm }, o => o.IdTokenSigningAlgorithms = [algorithm]);

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7: another algorithm than the registered one is refused, however good the signature")]
    public async Task Another_signature()
    {
        await using var party = await RelyingParty.StartAsync(new() { ["id_token_signed_response_alg"] = "PS256" });

        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<ProtocolViolationException>().With.Message.Contains("PS256"));
        Assert.That(await party.Client.FindGrantAsync(RelyingParty.Owner), Is.Null);
    }

    [Test]
    [Description("OpenID Connect Core §10.1.1: keys change between two logins, with and without the old ones left beside the new")]
    public async Task Key_rotation([Values] bool keepPrevious)
    {
        await using var provider = await CertifiedProvider.StartAsync();
        await using var party = await RelyingParty.StartAsync(provider: provider);
        await party.SignInAsync();

        await provider.RotateKeysAsync(keepPrevious);

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("OpenID Connect Core §5.3: what the provider says about Alice, to her own access token")]
    public async Task Userinfo()
    {
        await using var party = await RelyingParty.StartAsync();
        await party.SignInAsync();

        var alice = await party.Client.GetUserInfoAsync(RelyingParty.Owner);

        Assert.That(alice.Subject, Is.EqualTo("alice"));
        Assert.That(alice["name"], Is.EqualTo("Alice Ärmel"));
        Assert.That(alice["email"], Is.EqualTo("alice@example.com"));
    }
}
