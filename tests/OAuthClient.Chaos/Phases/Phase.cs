using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;
using OAuthClient.Chaos.Verdicts;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>Runs a phase: users sign in, the nodes call and are tormented, and then everybody's grant is looked at in peace.</summary>
internal static class Phase
{
    private const string Herd = "the-herd";

    /// <summary>How long nothing goes wrong at the beginning, when the processes warm up, and at the end, so that what the last torment broke is mended by the callers in time for a forgiving server.</summary>
    public static readonly TimeSpan Peace = TimeSpan.FromSeconds(6);

    /// <summary>Runs a phase and judges it.</summary>
    /// <param name="settings">The phase.</param>
    /// <param name="cluster">The database.</param>
    /// <param name="heartbeats">What measures the stalls of the rig and of the database.</param>
    /// <param name="call">What the nodes do; <see langword="null"/> for calls during the phase's length.</param>
    public static async Task<Outcome> RunAsync(
        PhaseSettings settings,
        PostgresCluster cluster,
        Heartbeats heartbeats,
        Func<Fleet, Task>? call = null
    )
    {
        var began = TimeProvider.System.GetUtcNow();
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        Fleet? fleet = null;
        List<Stall> outages = [];
        try
        {
            if (!cluster.IsRunning)
                await cluster.StartServerAsync();
            FaultPlan plan = new(settings.Seed, settings.FaultsBefore, settings.FaultsAfter, settings.Kill);
            await using var server = await TormentingServer.StartAsync(settings.Reuse, plan, node => fleet?.WasStoppedLately(node) == true);
            await using var observer = Observer(settings, server, cluster, key);
            await using var running = fleet = new Fleet(settings, server.Address, cluster.ConnectionString, key);
            var run = await RunAsync(settings, cluster, server, observer, fleet, outages, call);
            return Outcome.Of(run, Stalls());
        }
        catch (Exception exception)
        {
            return Outcome.Of(Promises.Unfinished(exception, began, TimeProvider.System.GetUtcNow()), settings, Stalls());
        }

        // A restart of the database is part of the test, and a slow one is the machine's.
        StallHistory Stalls() =>
            new(
                heartbeats
                    .Since(began)
                    .Concat(fleet?.Stalls ?? [])
                    .Concat(
                        outages
                            .Where(outage => outage.Length > Slack.UsualOutage)
                            .Select(outage => outage with { From = outage.From + Slack.UsualOutage })
                    ),
                fleet?.Injected ?? []
            );
    }

    private static async Task<PhaseRun> RunAsync(
        PhaseSettings settings,
        PostgresCluster cluster,
        TormentingServer server,
        ServiceProvider observer,
        Fleet fleet,
        List<Stall> outages,
        Func<Fleet, Task>? call
    )
    {
        var client = observer.GetRequiredService<IOAuthClient>();
        await SignInAsync(client, Enumerable.Range(0, settings.Grants).Select(NodeSettings.Owner));
        await fleet.StartAsync();
        await Task.WhenAll(
            settings.IsTormented ? TormentAsync(fleet, cluster, server, settings.Length - Peace - Peace, outages) : Task.CompletedTask,
            call?.Invoke(fleet) ?? fleet.CallAsync(settings.Length)
        );
        var stampede = settings.IsTormented ? null : await StampedeAsync(client, fleet, server);

        await fleet.DisposeAsync();
        // Every access token is over then, whatever clock it was counted by.
        await Task.Delay(TormentingServer.AccessTokenExpiry + TimeSpan.FromSeconds(2), TimeProvider.System);
        return new PhaseRun(settings, server, fleet, outages, stampede, await LookAsync(client, server));
    }

    private static async Task TormentAsync(
        Fleet fleet,
        PostgresCluster cluster,
        TormentingServer server,
        TimeSpan length,
        List<Stall> outages
    )
    {
        await Task.Delay(Peace, TimeProvider.System);
        server.IsTormenting = true;
        var lastStop = await Torments.InflictAsync(fleet, cluster, length, outages);
        server.IsTormenting = false;
        await lastStop;
    }

    private static ServiceProvider Observer(PhaseSettings settings, TormentingServer server, PostgresCluster cluster, string key)
    {
        ServiceCollection services = new();
        Registration.Add(
            services,
            new NodeSettings(
                "observer",
                server.Address,
                cluster.ConnectionString,
                settings.Name,
                key,
                settings.Grants,
                0,
                0,
                AreCallersCancelled: false,
                0,
                settings.Seed,
                0,
                settings.Reuse == Reuse.IsForgivenForTenSeconds,
                settings.TraceFolder
            )
        );
        return services.BuildServiceProvider();
    }

    private static Task SignInAsync(IOAuthClient client, IEnumerable<string> owners) =>
        Parallel.ForEachAsync(
            owners,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (owner, _) => await SignInAsync(client, owner)
        );

    private static async Task SignInAsync(IOAuthClient client, string owner)
    {
        var pending = await client.BeginAuthorizationAsync();
        string state = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["state"].ToString();
        await client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(
                new Uri(
                    QueryHelpers.AddQueryString(
                        "https://client.example/callback",
                        new Dictionary<string, string?>(StringComparer.Ordinal) { ["code"] = owner, ["state"] = state }
                    )
                )
            ),
            GrantOwner.User(owner)
        );
    }

    private static async Task<Stampede> StampedeAsync(IOAuthClient client, Fleet fleet, TormentingServer server)
    {
        await SignInAsync(client, Herd);
        // Every node has seen the token while it was good, as it would have before the user's coffee break.
        await fleet.AskAllAsync($"know {Herd}");
        await Task.Delay(TormentingServer.AccessTokenExpiry + TimeSpan.FromSeconds(1), TimeProvider.System);
        server.Latency = TimeSpan.FromMilliseconds(50);
        int before = server.Refreshes;
        var from = TimeProvider.System.GetUtcNow();
        var waits = (await fleet.StampedeAsync(Herd)).Order().ToList();
        return new Stampede(
            waits.Count,
            server.Refreshes - before,
            waits[(int)Math.Ceiling(waits.Count * 0.99) - 1] - server.Latency.TotalMilliseconds,
            from,
            TimeProvider.System.GetUtcNow()
        );
    }

    private static async Task<Findings> LookAsync(IOAuthClient client, TormentingServer server)
    {
        ConcurrentDictionary<string, string?> stored = new(StringComparer.Ordinal);
        ConcurrentBag<string> lost = [];
        ConcurrentBag<FailedLook> wrong = [];
        await Parallel.ForEachAsync(
            server.Families,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (family, cancellationToken) =>
            {
                var began = TimeProvider.System.GetUtcNow();
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
                    wrong.Add(new(family.Owner, exception, began, TimeProvider.System.GetUtcNow()));
                }
                stored[family.Owner] = (
                    await client.FindGrantAsync(GrantOwner.User(family.Owner), cancellationToken)
                )?.RefreshToken?.Reveal();
            }
        );
        return new Findings(lost.ToHashSet(StringComparer.Ordinal), [.. wrong], stored);
    }
}
