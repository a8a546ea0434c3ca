using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Tests;

internal sealed class RunSummaryTests
{
    private static readonly PhaseVerdict Kept = new([], []);
    private static readonly PhaseVerdict Broken = new(["a promise"], []);
    private static readonly PhaseVerdict Inconclusive = new([], ["a promise, but a stall"]);

    private readonly RunSummary summary = new();

    [Test]
    public async Task A_phase_whose_promises_were_kept_runs_once()
    {
        Assert.That(await RunAsync(Kept), Is.EqualTo(1));

        Assert.Multiple(() =>
        {
            Assert.That(summary.ExitCode, Is.Zero);
            Assert.That(summary.Lines, Is.EqualTo(new[] { "longest_stall_ms: 10", "inconclusive: 0", "broken_promises: 0" }));
        });
    }

    [Test]
    public async Task A_broken_promise_fails_without_a_second_run()
    {
        Assert.That(await RunAsync(Broken, Kept), Is.EqualTo(1));

        Assert.Multiple(() =>
        {
            Assert.That(summary.ExitCode, Is.EqualTo(RunSummary.PromiseBroken));
            Assert.That(
                summary.Lines,
                Is.EqualTo(new[] { "longest_stall_ms: 10", "inconclusive: 0", "broken_promises: 1", "BROKEN in a phase: a promise" })
            );
        });
    }

    [Test]
    public async Task An_inconclusive_run_is_repeated_and_the_repetition_counts()
    {
        Assert.That(await RunAsync(Inconclusive, Kept), Is.EqualTo(2));
        Assert.That(summary.ExitCode, Is.Zero);

        Assert.That(await RunAsync(Inconclusive, Inconclusive, Broken), Is.EqualTo(3));
        Assert.That(summary.ExitCode, Is.EqualTo(RunSummary.PromiseBroken));
    }

    [Test]
    public async Task Three_inconclusive_runs_fail()
    {
        Assert.That(await RunAsync(Inconclusive, Inconclusive, Inconclusive, Kept), Is.EqualTo(3));

        Assert.Multiple(() =>
        {
            Assert.That(summary.ExitCode, Is.EqualTo(RunSummary.NotConclusive).And.Not.Zero);
            Assert.That(summary.Lines, Does.Contain("longest_stall_ms: 30"));
            Assert.That(summary.Lines, Does.Contain("inconclusive: 3").And.Contain("broken_promises: 0"));
            Assert.That(summary.Lines, Does.Contain("INCONCLUSIVE in a phase, run 2 of at most 3: a promise, but a stall"));
            Assert.That(summary.Lines.Last(), Does.StartWith("FAILED: a phase was inconclusive 3 times."));
        });
    }

    private async Task<int> RunAsync(params PhaseVerdict[] verdicts)
    {
        int runs = 0;
        await summary.RunAsync(
            "a phase",
            run =>
            {
                runs = run;
                return Task.FromResult((verdicts[run - 1], TimeSpan.FromMilliseconds(10 * run)));
            }
        );
        return runs;
    }
}
