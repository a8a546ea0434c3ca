using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests processes that use one file and are killed at any moment.</summary>
[TestFixture]
public sealed class ProcessTests
{
    private const int Processes = 20;
    private const int Users = 10;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, bool> killed = new();
    private readonly ConcurrentQueue<string> failures = new();
    private readonly ConcurrentDictionary<string, int> steps = new();
    private readonly TaskCompletionSource allRun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int starts;
    private int running;
    private long began;

    [Test]
    [Description(
        "RFC 9700 §4.14: the server revokes a grant whose refresh token is presented twice, and answers of killed processes are lost"
    )]
    public async Task Processes_that_are_killed_lose_no_grant_but_those_whose_answers_they_had_received()
    {
        await using StoreFolder folder = new();
        await using var server = await FaultyServer.StartAsync(Reuse.Revokes, new FaultPlan(1, 0, 0, 0), _ => false, KeyBinding.None);
        await Task.WhenAll(Enumerable.Range(0, Processes).Select(number => RunAsync(server.Address, folder.Path, number)));

        await TestContext.Out.WriteLineAsync(
            $"{starts} processes, {killed.Count} killed, {server.Families.Count} sign-ins, {server.Refreshes} refreshes, "
                + string.Join(", ", steps.Select(step => $"{step.Value} {step.Key}"))
        );
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failures, Is.Empty);
            Assert.That(PresentedTwice(server), Is.Empty, "each refresh token is presented once");
            Assert.That(folder.Sql<string>("PRAGMA integrity_check"), Is.EqualTo("ok"));
            Assert.That(server.Refreshes, Is.Positive);
            Assert.That(killed, Is.Not.Empty);
        }
        var store = folder.Create();
        for (int user = 0; user < Users; user++)
        {
            var owner = GrantOwner.User(string.Create(CultureInfo.InvariantCulture, $"user-{user}"));
            foreach (var grant in await store.FindAsync("", owner, default))
                Assert.That(IsCurrentOrLost(server, grant.RefreshToken!.Reveal()), "the last answer that a process received is stored");
        }
    }

    private bool IsCurrentOrLost(FaultyServer server, string refreshToken)
    {
        string[] parts = refreshToken.Split('.');
        var family = server.Family(parts[1]);
        return family.RefreshToken == refreshToken
            || (family.RotatedBy(long.Parse(parts[2], CultureInfo.InvariantCulture)) is { } rotation && killed.ContainsKey(rotation.Node));
    }

    // A token that a killed process had presented may be presented again: its outcome is not known.
    private IEnumerable<string> PresentedTwice(FaultyServer server) =>
        from family in server.Families
        from presentations in family.PresentationsByGeneration
        where presentations.SkipLast(1).Any(one => !killed.ContainsKey(one.Node))
        select string.Join(Environment.NewLine, family.History);

    /// <summary>
    /// Runs one process after another. Each is killed after a random number of steps; the last one ends properly. The time begins when all
    /// processes run, because they delay each other while they start.
    /// </summary>
    private async Task RunAsync(Uri server, string file, int number)
    {
        bool isFirst = true;
        while (isFirst || !IsOver)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{number}.{Interlocked.Increment(ref starts)}");
            using var process = Start(name, server, file);
            Record(await process.StandardOutput.ReadLineAsync());
            if (isFirst)
                await AllRunAsync();
            isFirst = false;
            int stepsToDo = RandomNumberGenerator.GetInt32(30);
            while (stepsToDo-- > 0 && !IsOver)
                Record(await process.StandardOutput.ReadLineAsync());
            if (!IsOver)
            {
                killed[name] = true;
                process.Kill();
            }
            process.StandardInput.Close();
            while (await process.StandardOutput.ReadLineAsync() is { } step)
                Record(step);
            await process.WaitForExitAsync().Promptly();
        }
    }

    private bool IsOver => TimeProvider.System.GetElapsedTime(began) >= Length;

    private Task AllRunAsync()
    {
        if (Interlocked.Increment(ref running) == Processes)
        {
            began = TimeProvider.System.GetTimestamp();
            allRun.SetResult();
        }
        return allRun.Task;
    }

    private void Record(string? step)
    {
        // On a busy machine a process can wait too long for the others. It then fails as during any outage.
        if (step?.Contains("locked for some seconds", StringComparison.Ordinal) == true)
            step = "waited too long";
        if (step is null or ['f', 'a', 'i', 'l', ..])
            failures.Enqueue(step ?? "a process ended by itself");
        else
            steps.AddOrUpdate(step, 1, static (_, count) => count + 1);
    }

    private static Process Start(string name, Uri server, string file)
    {
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "OAuthClient.Sqlite.Worker.dll"),
                name,
                server.OriginalString.EndsWith('/') ? server.OriginalString : server.OriginalString + "/",
                file,
                Users.ToString(CultureInfo.InvariantCulture),
            },
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }
}
