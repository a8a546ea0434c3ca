namespace OAuthClient.Chaos.Verdicts;

/// <summary>Runs all phases and summarizes their results.</summary>
internal sealed class RunSummary
{
    /// <summary>The maximum number of runs of a phase: one, and two more if the machine stalled.</summary>
    public const int MostRuns = 3;

    public const int Success = 0;
    public const int PromiseBroken = 1;
    public const int NotConclusive = 3;

    private readonly List<string> broken = [];
    private readonly List<string> inconclusive = [];
    private readonly List<string> undecided = [];
    private int inconclusiveRuns;
    private TimeSpan longestStall;

    /// <summary>Gets the exit code of the rig.</summary>
    public int ExitCode =>
        broken.Count > 0 ? PromiseBroken
        : undecided.Count > 0 ? NotConclusive
        : Success;

    /// <summary>Gets the last lines of the output.</summary>
    public IEnumerable<string> Lines =>
        [
            FormattableString.Invariant($"longest_stall_ms: {longestStall.TotalMilliseconds:F0}"),
            FormattableString.Invariant($"inconclusive: {inconclusiveRuns}"),
            .. inconclusive,
            FormattableString.Invariant($"broken_promises: {broken.Count}"),
            // At the end, because build logs often show only the end.
            .. broken,
            .. undecided,
        ];

    /// <summary>Runs a phase until its verdict is conclusive, <see cref="MostRuns"/> times at most.</summary>
    /// <param name="name">The name of the phase.</param>
    /// <param name="runAsync">Runs the phase. The argument is the number of the run, from 1.</param>
    public async Task RunAsync(string name, Func<int, Task<(PhaseVerdict Verdict, TimeSpan LongestStall)>> runAsync)
    {
        for (int run = 1; run <= MostRuns; run++)
        {
            var (verdict, longest) = await runAsync(run);
            longestStall = longest > longestStall ? longest : longestStall;
            inconclusive.AddRange(
                verdict.Excused.Select(reason =>
                    FormattableString.Invariant($"INCONCLUSIVE in {name}, run {run} of at most {MostRuns}: {reason}")
                )
            );
            if (verdict.Verdict != Verdict.Inconclusive)
            {
                broken.AddRange(verdict.Broken.Select(promise => $"BROKEN in {name}: {promise}"));
                return;
            }
            inconclusiveRuns++;
        }
        undecided.Add(
            FormattableString.Invariant($"FAILED: {name} was inconclusive {MostRuns} times. ")
                + "This machine is too busy to tell whether the promises hold."
        );
    }
}
