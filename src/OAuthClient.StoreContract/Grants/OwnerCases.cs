using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests that no owner receives the grants of another.</summary>
internal static class OwnerCases
{
    private const string Threat = "One user's token must not be sent for another user.";
    private const string Compare =
        "Compare client name and owner ordinally, with the kind of the owner (GrantOwner.ToString is unique): no case folding, no "
        + "trimming, no padding, no collation.";

    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [
        .. new[] { ("42", "43"), ("alice", "Alice"), ("a", "a "), ("straße", "strasse") }.Select(pair => new CaseDefinition<IGrantStore>(
            $"The owners '{pair.Item1}' and '{pair.Item2}' are separate",
            Threat,
            (run, cancel) => SeparateAsync(run, pair.Item1, pair.Item2, cancel)
        )),
        new("Owners of different kinds are separate", Threat, KindsAsync),
        new("Registrations are separate", Threat, RegistrationsAsync),
    ];

    private static async Task SeparateAsync(CaseRun<IGrantStore> run, string one, string other, CancellationToken cancellationToken)
    {
        await run.Store.AddAsync(Create("g1", one), cancellationToken);
        await EmptyAsync(run, Client, GrantOwner.User(other), cancellationToken);
        await EmptyAsync(run, Client, GrantOwner.Client, cancellationToken);
    }

    private static async Task KindsAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        await run.Store.AddAsync(Create("g1", "client"), cancellationToken);
        await run.Store.AddAsync(Create("g2", "service:billing"), cancellationToken);
        foreach (var other in new[] { GrantOwner.Client, GrantOwner.Service("client"), GrantOwner.Service("billing") })
            await EmptyAsync(run, Client, other, cancellationToken);
    }

    private static async Task RegistrationsAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        await run.Store.AddAsync(Create("g1", "42", clientName: "photos"), cancellationToken);
        await run.Store.AddAsync(Create("g2", "s42", clientName: "photo"), cancellationToken);
        await EmptyAsync(run, "Photos", GrantOwner.User("42"), cancellationToken);
        foreach (var (client, owner, id) in new[] { ("photos", "42", "g1"), ("photo", "s42", "g2") })
        {
            Expect.Sequence(
                $"The grants of the owner '{owner}' of the client '{client}'",
                [id],
                (await run.Store.FindAsync(client, GrantOwner.User(owner), cancellationToken)).Select(grant => grant.Id),
                "Keep client name and owner apart in the key: joined without a separator, 'photo' + 's42' equals 'photos' + '42'."
            );
        }
    }

    private static async Task EmptyAsync(CaseRun<IGrantStore> run, string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        foreach (
            var found in new[]
            {
                await run.Store.FindAsync(clientName, owner, cancellationToken),
                await run.Store.FindCurrentAsync(clientName, owner, cancellationToken),
            }
        )
            Expect.Sequence($"The grants of '{owner}' of the client '{clientName}', who has none", [], Describe(found), Compare);
    }
}
