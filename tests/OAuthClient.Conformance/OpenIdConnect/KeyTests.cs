using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Which of the server's keys is asked, and when there are new ones (OpenID Connect Core §10.1).</summary>
/// <remarks>
/// A token that names no key (<c>kid</c>). A key is usable when its type, curve, <c>use</c>, <c>key_ops</c> and <c>alg</c>, as far as they are stated,
/// allow the token's own <c>alg</c>:
/// <code>
/// | keys in the set            | usable for the token's alg | of these verify | verdict                       |
/// |----------------------------|----------------------------|-----------------|-------------------------------|
/// | one                        | 1                          | 1               | accept                        |
/// | several                    | 1                          | 1               | accept                        |
/// | several                    | several                    | exactly 1       | accept                        |
/// | several                    | 1 or several               | 0               | refuse, after one new fetch   |
/// | one or several             | 0                          | 0               | refuse, after one new fetch   |
/// </code>
/// Two different keys cannot both verify one signature. §10.1 demands a kid where there are several keys, but what is accepted was signed by the
/// server all the same: the key came from its own key set.
/// </remarks>
public sealed class KeyTests
{
    private const int Several = 3;

    [Test]
    [Description("OpenID Connect Core §10.1: neither token nor key is named, and there is one key")]
    public async Task oidcc_client_test_kid_absent_single_jwks()
    {
        await using var party = await RelyingParty.StartAsync(server: o => (o.SendKeyId, o.PublishKeyIds) = (false, false));
        int keys = 0;
        party.Server.Options.OnJwks = set => keys = set["keys"]!.AsArray().Count;
        await party.AcceptsAsync();
        Assert.That(keys, Is.EqualTo(1));
    }

    [Test]
    [Description(
        "OpenID Connect Core §10.1: the token names no key, and there are several for its algorithm: accepted when one of them verifies, refused when none does"
    )]
    public async Task oidcc_client_test_kid_absent_multiple_jwks()
    {
        await using var party = await StartWithSeveralKeysAsync();
        int keys = 0;
        party.Server.Options.OnJwks = set =>
            keys = set["keys"]!.AsArray().Count(key => (string?)key!["alg"] == "RS256" && (string?)key["use"] == "sig");
        await party.RefusesAsync(Defect.IdTokenBadSignature, "does not verify");
        Assert.That(keys, Is.EqualTo(Several));
    }

    [TestCase(false), TestCase(true)]
    [Description("Several keys of which one is usable; with names that they share, and without any")]
    public async Task Kid_absent_and_one_of_several_keys_usable(bool published)
    {
        await using var party = await RelyingParty.StartAsync(server: o =>
            (o.SendKeyId, o.PublishKeyIds, o.PublishDecoyKeys) = (false, published, true)
        );
        await party.RefusesAsync(Defect.IdTokenBadSignature, "does not verify");
    }

    [TestCase("alg", "PS256")]
    [TestCase("use", "enc")]
    [TestCase("kty", "oct")]
    [Description("Keys of which none is usable, though one would verify")]
    public async Task Kid_absent_and_no_key_usable(string member, string value)
    {
        await using var party = await StartWithSeveralKeysAsync();
        party.Server.Options.OnJwks = set =>
        {
            foreach (var key in set["keys"]!.AsArray())
                key![member] = value;
        };
        Assert.That(
            async () => await party.SignInAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("None of the server's keys can have signed")
        );
        await party.EndedAtAsync(TestEndpoint.Token);
        Assert.That(party.Server.RequestsTo(TestEndpoint.Jwks), Has.Count.EqualTo(2), "once before, and once more for the token");
    }

    [Test]
    [Description("RFC 7517 §4.5, FAPI 2.0 §5.2.2: decoys of the same kid, for other algorithms and uses, stand before the key that counts")]
    public async Task Decoys_of_the_same_kid()
    {
        await using var party = await RelyingParty.StartAsync(server: o => o.PublishDecoyKeys = true);
        await party.RefusesAsync(Defect.IdTokenBadSignature, "does not verify");
    }

    [Test]
    [Description("OpenID Connect Core §10.1.1: the server changed its keys between two logins, and the old one is gone")]
    public async Task oidcc_client_test_signing_key_rotation()
    {
        await using var party = await RelyingParty.StartAsync();
        await party.AcceptsAsync();
        party.Server.RotateSigningKey(keepPrevious: false);
        await party.AcceptsAsync();
        Assert.That(party.Server.RequestsTo(TestEndpoint.Jwks), Has.Count.EqualTo(2));
        await party.AcceptsAsync();
        Assert.That(party.Server.RequestsTo(TestEndpoint.Jwks), Has.Count.EqualTo(2), "and no oftener than it must");
    }

    [Test]
    [Description(
        "OpenID Connect Core §10.1.1: the key is new since the keys were fetched, which was moments ago; with another kid, and with none to tell by"
    )]
    public async Task oidcc_client_test_signing_key_rotation_just_before_signing()
    {
        foreach (bool named in new[] { true, false })
        {
            await using var party = await RelyingParty.StartAsync(server: o =>
                (o.RotateSigningKeyBeforeSigning, o.SendKeyId, o.PublishKeyIds) = (true, named, named)
            );
            // The keys are at hand before the token comes.
            var first = await party.AcceptsAsync();
            party.Clock.Advance(TimeSpan.FromMinutes(2));
            var second = await party.AcceptsAsync();
            Assert.That(second.Id, Is.Not.EqualTo(first.Id));
        }
    }

    [Test]
    [Description(
        "OpenID Connect Discovery §3: keys are where the metadata say and nowhere else; each run at another address, with another key"
    )]
    public async Task oidcc_client_test_discovery_jwks_uri_keys()
    {
        await using var party = await RelyingParty.StartAsync();
        for (int run = 1; run <= 2; run++)
        {
            string query = $"?run={run}";
            party.Server.Options.OnMetadata = metadata => metadata["jwks_uri"] = party.Server.JwksUri.OriginalString + query;
            party.Server.RotateSigningKey(keepPrevious: false);
            party.Server.ClearRequests();
            await party.AcceptsAsync();
            Assert.That(party.Server.RequestsTo(TestEndpoint.Jwks).Select(request => request.QueryString), Is.EqualTo([query]));
            // Metadata are kept for an hour; what the run before said must not outlive it.
            party.Clock.Advance(TimeSpan.FromHours(25));
        }
    }

    private static async Task<RelyingParty> StartWithSeveralKeysAsync()
    {
        var party = await RelyingParty.StartAsync(server: o => o.SendKeyId = false);
        for (int key = 0; key < Several; key++)
            party.Server.RotateSigningKey(keepPrevious: key > 0);
        return party;
    }
}
