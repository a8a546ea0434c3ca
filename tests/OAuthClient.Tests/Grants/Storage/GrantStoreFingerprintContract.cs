namespace OAuthClient.Tests;

/// <summary>Tests the search by fingerprint, which back-channel logout uses (OpenID Connect Back-Channel Logout §2.7).</summary>
public abstract partial class GrantStoreContract
{
    [Test]
    [Description(
        "OpenID Connect Back-Channel Logout §2.7: grants of all owners are found by subject and by session, in the stored generation"
    )]
    public async Task Grants_are_found_by_fingerprint()
    {
        var store = await CreateAsync();
        var phone = Sample("phone", "42", subject: "alice", sessionId: "s1");
        var laptop = Sample("laptop", "43", subject: "alice", sessionId: "s2");
        var tablet = Sample("tablet", "44", subject: "alice", sessionId: null);
        foreach (var grant in new[] { phone, laptop, tablet, Sample("bobs", "45", subject: "bob", sessionId: "s3") })
            await store.AddAsync(grant, default);
        await store.TryReplaceAsync(Next(phone), default);

        Assert.That(
            await FoundAsync(store, phone.SubjectFingerprint!),
            Is.EquivalentTo(new[] { ("phone", 2L), ("laptop", 1L), ("tablet", 1L) })
        );
        Assert.That(await FoundAsync(store, phone.SessionFingerprint!), Is.EquivalentTo(new[] { ("phone", 2L) }));
        Assert.That(tablet.SessionFingerprint, Is.Null);
    }

    [Test]
    [Description(
        "Threat: one user's grants to another. The fingerprint of a subject differs by server and client and from that of a "
            + "session, and no concatenation of names makes two equal"
    )]
    public async Task Fingerprints_are_separate()
    {
        var store = await CreateAsync();
        await store.AddAsync(Sample("g1", "42", subject: "alice", sessionId: "s1"), default);
        foreach (
            string? other in new[]
            {
                Sample("x", "x", subject: "Alice").SubjectFingerprint,
                Sample("x", "x", clientName: "photo", subject: "salice").SubjectFingerprint,
                Sample("x", "x", subject: "s1").SubjectFingerprint,
                Sample("x", "x", sessionId: "alice").SessionFingerprint,
                new Grant("x", Client, Owner("42"), "https://as.exampl", "client-id") { Subject = "ealice" }.SubjectFingerprint,
                new Grant("x", Client, Owner("42"), "https://other.example", "client-id") { Subject = "alice" }.SubjectFingerprint,
            }
        )
        {
            Assert.That(await store.FindByFingerprintAsync(other!, default), Is.Empty);
        }
    }

    [Test]
    [Description("A removed grant is not found by fingerprint; another grant with the same fingerprint is")]
    public async Task A_removed_grant_is_not_found_by_fingerprint()
    {
        var store = await CreateAsync();
        var first = Sample("g1", "42", sessionId: "s1");
        var second = Sample("g2", "42", sessionId: "s1");
        await store.AddAsync(first, default);
        await store.AddAsync(second, default);
        await store.RemoveAsync(first, default);
        Assert.That(await FoundAsync(store, first.SessionFingerprint!), Is.EqualTo(new[] { ("g2", 1L) }));
        await store.RemoveAsync(second, default);
        Assert.That(await FoundAsync(store, first.SessionFingerprint!), Is.Empty);
        Assert.That(await FoundAsync(store, first.SubjectFingerprint!), Is.Empty);
    }

    private static async Task<IEnumerable<(string, long)>> FoundAsync(IGrantStore store, string fingerprint) =>
        (await store.FindByFingerprintAsync(fingerprint, default)).Select(grant => (grant.Id, grant.Generation));
}
