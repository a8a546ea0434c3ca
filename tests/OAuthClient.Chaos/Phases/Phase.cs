using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>Runs a phase: users sign in, the nodes call and are tormented, and then everybody's grant is looked at in peace.</summary>
internal static class Phase
{
    private const string Herd = "the-herd";

    /// <summary>How long nothing goes wrong at the beginning, when eight processes warm up, and at the end, so that what the last torment broke is mended by the callers in time for a forgiving server.</summary>
    public static readonly TimeSpan Peace = TimeSpan.FromSeconds(6);

    public static async Task<Outcome> RunAsync(PhaseSettings settings, PostgresCluster cluster, Func<Fleet, Task>? call = null)
    {
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        Fleet? fleet = null;
        FaultPlan plan = new(settings.Seed, settings.FaultsBefore, settings.FaultsAfter, settings.Kill);
        await using var server = await TormentingServer.StartAsync(settings.Reuse, plan, node => fleet?.WasStoppedLately(node) == true);
        await using var observer = Observer(settings, server, cluster, key);
        var client = observer.GetRequiredService<IOAuthClient>();
        await SignInAsync(client, Enumerable.Range(0, settings.Grants).Select(NodeSettings.Owner));

        await using var running = fleet = new Fleet(settings, server.Address, cluster.ConnectionString, key);
        await fleet.StartAsync();
        var torments = settings.IsTormented ? TormentAsync(fleet, cluster, server, settings.Length - Peace - Peace) : Task.FromResult<IReadOnlyList<TimeSpan>>([]);
        await (call?.Invoke(fleet) ?? fleet.CallAsync(settings.Length));
        var outages = await torments;
        var stampede = settings.IsTormented ? null : await StampedeAsync(client, fleet, server);

        await fleet.DisposeAsync();
        // Every access token is over then, whatever clock it was counted by.
        await Task.Delay(TormentingServer.TokenLife + TimeSpan.FromSeconds(2), TimeProvider.System);
        var found = await LookAsync(client, server);
        return new Outcome(settings, server, fleet, outages, stampede, found);
    }

    private static async Task<IReadOnlyList<TimeSpan>> TormentAsync(Fleet fleet, PostgresCluster cluster, TormentingServer server, TimeSpan length)
    {
        await Task.Delay(Peace, TimeProvider.System);
        server.IsTormenting = true;
        var (outages, lastStop) = await Torments.InflictAsync(fleet, cluster, length);
        server.IsTormenting = false;
        await lastStop;
        return outages;
    }

    private static ServiceProvider Observer(PhaseSettings settings, TormentingServer server, PostgresCluster cluster, string key)
    {
        ServiceCollection services = new();
        Registration.Add(services, new NodeSettings(
            "observer", server.Address, cluster.ConnectionString, settings.Name, key, settings.Grants, 0, 0, AreCallersCancelled: false, 0, settings.Seed, 0,
            settings.Reuse == Reuse.IsForgivenForTenSeconds, settings.TraceFolder));
        return services.BuildServiceProvider();
    }

    private static Task SignInAsync(IOAuthClient client, IEnumerable<string> owners) => Parallel.ForEachAsync(
        owners, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (owner, _) => await SignInAsync(client, owner));

    private static async Task SignInAsync(IOAuthClient client, string owner)
    {
        var pending = await client.BeginAuthorizationAsync();
        string state = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["state"].ToString();
        await client.CompleteAuthorizationAsync(
            pending, AuthorizationResponse.Parse(new Uri(QueryHelpers.AddQueryString("https://client.example/callback", new Dictionary<string, string?>(StringComparer.Ordinal) { ["code"] = owner, ["state"] = state }))), GrantOwner.User(owner));
    }

    private static async Task<Stampede> StampedeAsync(IOAuthClient client, Fleet fleet, TormentingServer server)
    {
        await SignInAsync(client, Herd);
        // Every node has seen the token while it was good, as it would have before the user's coffee break.
        await fleet.AskAllAsync($"know {Herd}");
        await Task.Delay(TormentingServer.TokenLife + TimeSpan.FromSeconds(1), TimeProvider.System);
        server.Latency = TimeSpan.FromMilliseconds(50);
        int before = server.Refreshes;
        var waits = (await fleet.StampedeAsync(Herd)).Order().ToList();
        return new Stampede(waits.Count, server.Refreshes - before, waits[(int)Math.Ceiling(waits.Count * 0.99) - 1] - server.Latency.TotalMilliseconds);
    }

    private static async Task<Findings> LookAsync(IOAuthClient client, TormentingServer server)
    {
        ConcurrentDictionary<string, string?> stored = new(StringComparer.Ordinal);
        ConcurrentBag<string> lost = [];
        ConcurrentBag<string> wrong = [];
        await Parallel.ForEachAsync(server.Families, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (family, cancellationToken) =>
        {
            try
            {
                await client.GetAccessTokenAsync(GrantOwner.User(family.Owner), cancellationToken: cancellationToken);
            }
            catch (ReauthorizationRequiredException)
            {
                lost.Add(family.Owner);
            }
            catch (Exception exception)
            {
                wrong.Add($"{family.Owner}: {exception.GetType().Name}: {exception.Message}");
            }
            stored[family.Owner] = (await client.FindGrantAsync(GrantOwner.User(family.Owner), cancellationToken))?.RefreshToken?.Reveal();
        });
        return new Findings(lost.ToHashSet(StringComparer.Ordinal), [.. wrong], stored);
    }
}

/// <param name="Callers">How many came at once.</param>
/// <param name="TokenRequests">How many requests they cost.</param>
/// <param name="P99OverLatency">How much longer than the server the slowest but 1 % waited, in milliseconds.</param>
internal sealed record Stampede(int Callers, int TokenRequests, double P99OverLatency);

/// <param name="Lost">Whose grants only the user can bring back, by <see cref="ReauthorizationRequiredException"/>.</param>
/// <param name="Wrong">Whose grants failed in another way, and how.</param>
/// <param name="Stored">The refresh token in the store.</param>
internal sealed record Findings(IReadOnlySet<string> Lost, IReadOnlyList<string> Wrong, IReadOnlyDictionary<string, string?> Stored);
