using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests the search by fingerprint, which logout uses (OpenID Connect Back-Channel Logout §2.7).</summary>
internal static class FingerprintCases
{
    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        new(
            "Grants of all owners are found by subject and by session",
            "A server reports that a user signed out (OpenID Connect Back-Channel Logout §2.7).",
            FoundAsync
        ),
        new("Fingerprints are separate", "One user's logout must not end the grants of another user.", SeparateAsync),
        new("A removed grant is not found by fingerprint", "A grant that ended is not ended again.", RemovedAsync),
    ];

    private static async Task FoundAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var phone = Create("phone", "42", subject: "alice", sessionId: "s1");
        foreach (
            var grant in new[]
            {
                phone,
                Create("laptop", "43", subject: "alice", sessionId: "s2"),
                Create("tablet", "44", subject: "alice", sessionId: null),
                Create("bobs", "45", subject: "bob", sessionId: "s3"),
            }
        )
            await run.Store.AddAsync(grant, cancellationToken);
        await run.Store.TryReplaceAsync(Next(phone), cancellationToken);

        await ExpectAsync(
            run,
            phone.SubjectFingerprint!,
            ["laptop of generation 1", "phone of generation 2", "tablet of generation 1"],
            "Index Grant.SubjectFingerprint of the grants of all owners, and return the stored generation.",
            cancellationToken
        );
        await ExpectAsync(
            run,
            phone.SessionFingerprint!,
            ["phone of generation 2"],
            "Index Grant.SessionFingerprint where it is not null, and return the stored generation.",
            cancellationToken
        );
    }

    private static async Task SeparateAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        await run.Store.AddAsync(Create("g1", "42", subject: "alice", sessionId: "s1"), cancellationToken);
        foreach (
            string? other in new[]
            {
                Create("x", "x", subject: "Alice").SubjectFingerprint,
                Create("x", "x", clientName: "photo", subject: "salice").SubjectFingerprint,
                Create("x", "x", subject: "s1").SubjectFingerprint,
                Create("x", "x", sessionId: "alice").SessionFingerprint,
                new Grant("x", Client, GrantOwner.User("42"), "https://as.exampl", "client-id") { Subject = "ealice" }.SubjectFingerprint,
                new Grant("x", Client, GrantOwner.User("42"), "https://other.example", "id") { Subject = "alice" }.SubjectFingerprint,
            }
        )
            await ExpectAsync(run, other!, [], "Compare the whole fingerprint, ordinally.", cancellationToken);
    }

    private static async Task RemovedAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        const string change = "RemoveAsync must remove the entries of this grant, and only these, from the index of fingerprints.";
        var first = Create("g1", "42", sessionId: "s1");
        var second = Create("g2", "42", sessionId: "s1");
        await run.Store.AddAsync(first, cancellationToken);
        await run.Store.AddAsync(second, cancellationToken);
        await run.Store.RemoveAsync(first, cancellationToken);
        await ExpectAsync(run, first.SessionFingerprint!, ["g2 of generation 1"], change, cancellationToken);
        await run.Store.RemoveAsync(second, cancellationToken);
        await ExpectAsync(run, first.SessionFingerprint!, [], change, cancellationToken);
        await ExpectAsync(run, first.SubjectFingerprint!, [], change, cancellationToken);
    }

    private static async Task ExpectAsync(
        CaseRun<IGrantStore> run,
        string fingerprint,
        IReadOnlyList<string> expected,
        string change,
        CancellationToken cancellationToken
    ) =>
        Expect.Sequence(
            "The grants with a fingerprint, sorted by id",
            expected,
            Describe(await run.Store.FindByFingerprintAsync(fingerprint, cancellationToken)).Order(StringComparer.Ordinal),
            change
        );
}
