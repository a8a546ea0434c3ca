using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;
using OAuthClient.Chaos.Verdicts;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Chaos.Phases;

/// <summary>
/// Runs a phase: users sign in, the nodes call while faults are injected, and then every grant is checked without faults.
/// </summary>
internal static class Phase
{
    private const string StampedeOwner = "stampede-owner";

    /// <summary>
    /// The time without faults at the beginning, in which the processes warm up, and at the end, in which the callers recover from the
    /// last fault within the grace period of the server.
    /// </summary>
    public static readonly TimeSpan FaultFreePeriod = TimeSpan.FromSeconds(6);

    /// <summary>Runs a phase and determines its verdict.</summary>
    /// <param name="settings">The phase.</param>
    /// <param name="cluster">The database.</param>
    /// <param name="heartbeats">The heartbeats of the rig and of the database.</param>
    /// <param name="call">The calls of the nodes; <see langword="null"/> for calls during the length of the phase.</param>
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
            FaultPlan plan = new(settings.Seed, settings.FaultsBefore, settings.FaultsAfter, settings.Kill, settings.Deviations);
            await using var server = await FaultyServer.StartAsync(
                settings.Reuse,
                plan,
                node => fleet?.WasRecentlySuspended(node) == true,
                settings.Keys
            );
            await using var observer = Observer(settings, server, cluster, key);
            await using var running = fleet = new Fleet(settings, server.Address, cluster.ConnectionString, key);
            var run = await RunAsync(settings, cluster, server, observer, fleet, outages, call);
            return Outcome.Of(run, Stalls());
        }
        catch (Exception exception)
        {
            return Outcome.Of(Promises.Unfinished(exception, began, TimeProvider.System.GetUtcNow()), settings, Stalls());
        }

        // A restart of the database is part of the test; the time beyond the usual is a stall.
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
        FaultyServer server,
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
            settings.HasFaults
                ? InjectFaultsAsync(fleet, cluster, server, settings.Length - FaultFreePeriod - FaultFreePeriod, outages)
                : Task.CompletedTask,
            call?.Invoke(fleet) ?? fleet.CallAsync(settings.Length)
        );
        var stampede = settings.HasStampede ? await StampedeAsync(client, fleet, server) : null;

        await fleet.DisposeAsync();
        // Every access token has then expired by every clock.
        await Task.Delay(FaultyServer.AccessTokenExpiry + TimeSpan.FromSeconds(2), TimeProvider.System);
        return new PhaseRun(settings, server, fleet, outages, stampede, await CheckGrantsAsync(client, server));
    }

    private static async Task InjectFaultsAsync(
        Fleet fleet,
        PostgresCluster cluster,
        FaultyServer server,
        TimeSpan length,
        List<Stall> outages
    )
    {
        await Task.Delay(FaultFreePeriod, TimeProvider.System);
        server.InjectsFaults = true;
        var lastStop = await ExternalFaults.InjectAsync(fleet, cluster, length, outages);
        server.InjectsFaults = false;
        await lastStop;
    }

    private static ServiceProvider Observer(PhaseSettings settings, FaultyServer server, PostgresCluster cluster, string key)
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
                settings.Reuse == Reuse.AllowedForTenSeconds,
                settings.TraceFolder
            )
            {
                Keys = settings.Keys,
            }
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

    private static async Task<Stampede> StampedeAsync(IOAuthClient client, Fleet fleet, FaultyServer server)
    {
        await SignInAsync(client, StampedeOwner);
        // Every node has cached the token while it was fresh, as before the user's last break.
        await fleet.AskAllAsync($"know {StampedeOwner}");
        await Task.Delay(FaultyServer.AccessTokenExpiry + TimeSpan.FromSeconds(1), TimeProvider.System);
        server.Latency = TimeSpan.FromMilliseconds(50);
        int before = server.Refreshes;
        var from = TimeProvider.System.GetUtcNow();
        var waits = (await fleet.StampedeAsync(StampedeOwner)).Order().ToList();
        return new Stampede(
            waits.Count,
            server.Refreshes - before,
            waits[(int)Math.Ceiling(waits.Count * 0.99) - 1] - server.Latency.TotalMilliseconds,
            from,
            TimeProvider.System.GetUtcNow()
        );
    }

    private static async Task<Findings> CheckGrantsAsync(IOAuthClient client, FaultyServer server)
    {
        ConcurrentDictionary<string, string?> stored = new(StringComparer.Ordinal);
        ConcurrentBag<string> lost = [];
        ConcurrentBag<FailedCheck> wrong = [];
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
