using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// Tests which of the server's keys validates a token, and when the key set is requested again (OpenID Connect Core §10.1).
/// </summary>
/// <remarks>
/// For a token without <c>kid</c>, a key is usable when its type, curve, <c>use</c>, <c>key_ops</c> and <c>alg</c>, if they are stated,
/// allow the token's <c>alg</c>:
/// <code>
/// | keys in the set            | usable for the token's alg | of these verify | verdict                       |
/// |----------------------------|----------------------------|-----------------|-------------------------------|
/// | one                        | 1                          | 1               | accept                        |
/// | several                    | 1                          | 1               | accept                        |
/// | several                    | several                    | exactly 1       | accept                        |
/// | several                    | 1 or several               | 0               | reject, after one new request |
/// | one or several             | 0                          | 0               | reject, after one new request |
/// </code>
/// Two different keys cannot both verify one signature. §10.1 requires a kid if there are several keys. A token without kid is accepted
/// all the same, because the key is in the server's own key set.
/// </remarks>
public sealed class KeyTests
{
    private const int Several = 3;

    [Test]
    [Description("OpenID Connect Core §10.1: neither the token nor the key has a kid, and there is one key")]
    public async Task oidcc_client_test_kid_absent_single_jwks()
    {
        await using var party = await RelyingParty.StartAsync(server: o => (o.SendKeyId, o.PublishKeyIds) = (false, false));
        int keys = 0;
        party.Server.Options.OnJwks = set => keys = set["keys"]!.AsArray().Count;
        await party.AcceptsLoginAsync();
        Assert.That(keys, Is.EqualTo(1));
    }

    [Test]
    [Description(
        "OpenID Connect Core §10.1: the token has no kid, and several keys have its algorithm: accepted if one of them "
            + "verifies, otherwise rejected"
    )]
    public async Task oidcc_client_test_kid_absent_multiple_jwks()
    {
        await using var party = await StartWithSeveralKeysAsync();
        int keys = 0;
        party.Server.Options.OnJwks = set =>
            keys = set["keys"]!.AsArray().Count(key => (string?)key!["alg"] == "RS256" && (string?)key["use"] == "sig");
        await party.RejectsAsync(Defect.IdTokenBadSignature, "does not verify");
        Assert.That(keys, Is.EqualTo(Several));
    }

    [TestCase(false), TestCase(true)]
    [Description("Several keys of which one is usable, with the same kid and without kid")]
    public async Task Kid_absent_and_one_of_several_keys_usable(bool published)
    {
        await using var party = await RelyingParty.StartAsync(server: o =>
            (o.SendKeyId, o.PublishKeyIds, o.PublishDecoyKeys) = (false, published, true)
        );
        await party.RejectsAsync(Defect.IdTokenBadSignature, "does not verify");
    }

    [TestCase("alg", "PS256")]
    [TestCase("use", "enc")]
    [TestCase("kty", "oct")]
    [Description("No key is usable, although one would verify")]
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
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("None of the server's keys matches")
        );
        await party.RequireLastCallAsync(TestEndpoint.Token);
        Assert.That(party.Server.RequestsTo(TestEndpoint.Jwks), Has.Count.EqualTo(2), "once before, and once more for the token");
    }

    [Test]
    [Description("RFC 7517 §4.5, FAPI 2.0 §5.2.2: keys with the same kid, for other algorithms and uses, precede the right key")]
    public async Task Other_keys_with_the_same_kid()
    {
        await using var party = await RelyingParty.StartAsync(server: o => o.PublishDecoyKeys = true);
        await party.RejectsAsync(Defect.IdTokenBadSignature, "does not verify");
    }

    [Test]
    [Description("OpenID Connect Core §10.1.1: the server replaced its keys between two logins")]
    public async Task oidcc_client_test_signing_key_rotation()
    {
        await using var party = await RelyingParty.StartAsync();
        await party.AcceptsLoginAsync();
        party.Server.RotateSigningKey(keepPrevious: false);
        await party.AcceptsLoginAsync();
        Assert.That(party.Server.RequestsTo(TestEndpoint.Jwks), Has.Count.EqualTo(2));
        await party.AcceptsLoginAsync();
        Assert.That(party.Server.RequestsTo(TestEndpoint.Jwks), Has.Count.EqualTo(2), "and no more often than required");
    }

    [Test]
    [Description("OpenID Connect Core §10.1.1: the key was added just after the key set was requested; with another kid, and without kid")]
    public async Task oidcc_client_test_signing_key_rotation_just_before_signing()
    {
        foreach (bool named in new[] { true, false })
        {
            await using var party = await RelyingParty.StartAsync(server: o =>
                (o.RotateSigningKeyBeforeSigning, o.SendKeyId, o.PublishKeyIds) = (true, named, named)
            );
            // The key set is cached before the token arrives.
            var first = await party.AcceptsLoginAsync();
            party.Clock.Advance(TimeSpan.FromMinutes(2));
            var second = await party.AcceptsLoginAsync();
            Assert.That(second.Id, Is.Not.EqualTo(first.Id));
        }
    }

    [Test]
    [Description(
        "OpenID Connect Discovery §3: the key set is requested only at the address in the metadata; each run has another "
            + "address and another key"
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
            await party.AcceptsLoginAsync();
            Assert.That(party.Server.RequestsTo(TestEndpoint.Jwks).Select(request => request.QueryString), Is.EqualTo([query]));
            // Metadata are cached for an hour; those of the previous run must not be used.
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
