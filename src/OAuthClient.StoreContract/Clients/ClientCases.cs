using System.Text;
using static OAuthClient.StoreContract.SampleClients;

namespace OAuthClient.StoreContract;

/// <summary>Tests a store of dynamically registered clients.</summary>
internal static class ClientCases
{
    private const string Race = "Two nodes that register at the same time must end with one client.";
    private const string CompareAndSet =
        "Compare and set in one atomic step. Generation 1 is stored only if nothing is stored for the same name and server.";

    public static IEnumerable<CaseDefinition<IDynamicClientStore>> All { get; } =
    [
        new("A client without an entry is not found", "The library registers the client then.", MissingAsync),
        new(
            "A stored client is found with all its values",
            "Later versions add members to a client, so a store keeps the bytes of DynamicClient.Protect.",
            RoundTripAsync
        ),
        new("Clients are separate by name and server", "Credentials are sent to the server that issued them only.", SeparateAsync),
        .. new long[] { 0, 1, 3, 4 }.Select(generation => new CaseDefinition<IDynamicClientStore>(
            $"Generation {generation} does not replace generation 1",
            Race,
            (run, cancel) => OtherGenerationAsync(run, generation, cancel)
        )),
        new("The first generation is 1", Race, FirstAsync),
        new("One of concurrent registrations is stored", Race, ConcurrentAsync),
        new("A client is removed whatever its generation", "The client was deleted at the server.", RemoveAsync),
        new("A client with another identifier is not removed", "Another node has registered again in the meantime.", OtherIdAsync),
    ];

    private static async Task MissingAsync(CaseRun<IDynamicClientStore> run, CancellationToken cancellationToken) =>
        Expect.Equal("FindAsync in an empty store", null, await run.Store.FindAsync("photos", Server, cancellationToken), "Return null.");

    private static async Task RoundTripAsync(CaseRun<IDynamicClientStore> run, CancellationToken cancellationToken)
    {
        var client = Create("photos");
        await StoreAsync(run, client, cancellationToken);
        await ExpectAsync(run, client, cancellationToken);
        var second = Create("photos", clientId: "another-id", generation: 2);
        await StoreAsync(run, second, cancellationToken);
        await ExpectAsync(run, second, cancellationToken);
    }

    private static async Task SeparateAsync(CaseRun<IDynamicClientStore> run, CancellationToken cancellationToken)
    {
        await StoreAsync(run, Create("photos"), cancellationToken);
        foreach (
            var (name, server) in new[] { ("Photos", Server), ("photos", Server + "/"), ("photos", "https://AS.example"), ("", Server) }
        )
        {
            Expect.Equal(
                $"FindAsync for the name '{name}' and the server {server}, where only 'photos' at {Server} is stored",
                null,
                await run.Store.FindAsync(name, server, cancellationToken),
                "Compare name and server ordinally, as two values."
            );
        }
    }

    private static async Task OtherGenerationAsync(CaseRun<IDynamicClientStore> run, long generation, CancellationToken cancellationToken)
    {
        var first = Create("photos");
        await StoreAsync(run, first, cancellationToken);
        Expect.Equal(
            $"TryReplaceAsync of generation 1 with generation {generation}",
            false,
            await run.Store.TryReplaceAsync(Create("photos", clientId: "another-id", generation: generation), cancellationToken),
            "Store a client only if the stored generation is exactly one less."
        );
        await ExpectAsync(run, first, cancellationToken);
    }

    private static async Task FirstAsync(CaseRun<IDynamicClientStore> run, CancellationToken cancellationToken)
    {
        Expect.Equal(
            "TryReplaceAsync of generation 2 in an empty store",
            false,
            await run.Store.TryReplaceAsync(Create("photos", generation: 2), cancellationToken),
            "Where nothing is stored, store generation 1 only: the client may have been removed."
        );
        await MissingAsync(run, cancellationToken);
    }

    private static async Task ConcurrentAsync(CaseRun<IDynamicClientStore> run, CancellationToken cancellationToken)
    {
        var other = await run.OpenAsync(cancellationToken);
        for (int generation = 1; generation <= 2; generation++)
        {
            var candidates = Enumerable.Range(0, 32).Select(i => Create("photos", clientId: $"id-{i}", generation: generation)).ToList();
            bool[] stored = await Task.WhenAll(
                candidates.Select(
                    (candidate, i) =>
                        BackgroundWork.Run(() => (i % 2 == 0 ? run.Store : other).TryReplaceAsync(candidate, cancellationToken).AsTask())
                )
            );
            Expect.Equal("The number of 32 registrations on two nodes that were stored", 1, stored.Count(one => one), CompareAndSet);
            foreach (var store in new[] { run.Store, other })
            {
                Expect.Equal(
                    "The client identifier after concurrent registrations",
                    candidates[Array.IndexOf(stored, true)].ClientId,
                    (await store.FindAsync("photos", Server, cancellationToken))?.ClientId,
                    "The client whose TryReplaceAsync returned true must be found on all nodes."
                );
            }
        }
    }

    private static async Task RemoveAsync(CaseRun<IDynamicClientStore> run, CancellationToken cancellationToken)
    {
        var client = Create("photos");
        await StoreAsync(run, client, cancellationToken);
        await StoreAsync(run, Create("photos", generation: 2), cancellationToken);
        await StoreAsync(run, Create("mail"), cancellationToken);
        await run.Store.RemoveAsync(client, cancellationToken);
        await run.Store.RemoveAsync(client, cancellationToken);
        Expect.Equal(
            "FindAsync for a client that was removed by its first generation",
            null,
            await run.Store.FindAsync("photos", Server, cancellationToken),
            "RemoveAsync must not compare the generation."
        );
        await ExpectAsync(run, Create("mail"), cancellationToken);
        await StoreAsync(run, client, cancellationToken);
    }

    private static async Task OtherIdAsync(CaseRun<IDynamicClientStore> run, CancellationToken cancellationToken)
    {
        var client = Create("photos");
        await StoreAsync(run, client, cancellationToken);
        await run.Store.RemoveAsync(Create("photos", clientId: "another-id"), cancellationToken);
        await ExpectAsync(run, client, cancellationToken);
    }

    private static async Task StoreAsync(CaseRun<IDynamicClientStore> run, DynamicClient client, CancellationToken cancellationToken) =>
        Expect.Equal(
            $"TryReplaceAsync of generation {client.Generation}, where {(client.Generation == 1 ? "nothing" : "the one before")} is stored",
            true,
            await run.Store.TryReplaceAsync(client, cancellationToken),
            "Store the client."
        );

    private static async Task ExpectAsync(CaseRun<IDynamicClientStore> run, DynamicClient client, CancellationToken cancellationToken)
    {
        var found = await run.Store.FindAsync(client.ClientName, client.Server, cancellationToken);
        Expect.Equal("The stored client", client.ToString(), found?.ToString(), "Return the client that was stored last, and no other.");
        Expect.That(
            string.Equals(ToJson(found!), ToJson(client), StringComparison.Ordinal),
            "A stored client must be found with all its values, but some differ.",
            "Store the bytes of DynamicClient.Protect and read them with DynamicClient.Unprotect."
        );
    }

    private static string ToJson(DynamicClient client) => Encoding.UTF8.GetString(client.Protect(bytes => bytes));
}
