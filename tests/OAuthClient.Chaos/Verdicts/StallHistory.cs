namespace OAuthClient.Chaos.Verdicts;

/// <summary>
/// The stalls that the heartbeats of all processes measured during a phase, without the pauses that the rig itself caused.
/// </summary>
internal sealed class StallHistory
{
    private readonly List<Stall> stalls;

    /// <param name="measured">The stalls that the heartbeats measured.</param>
    /// <param name="injected">The intervals in which the rig had suspended a process. They are part of the test and excuse no
    /// breach.</param>
    public StallHistory(IEnumerable<Stall> measured, IEnumerable<Stall> injected)
    {
        var pauses = injected.ToLookup(pause => pause.Process, StringComparer.Ordinal);
        stalls = [.. measured.SelectMany(stall => Subtract(stall, pauses[stall.Process])).OrderBy(stall => stall.From)];
    }

    public IReadOnlyList<Stall> Stalls => stalls;

    public TimeSpan Longest => stalls.Count == 0 ? TimeSpan.Zero : stalls.Max(stall => stall.Length);

    /// <summary>Gets the longest stall of each process and the sum of its stalls, the longest first.</summary>
    public IEnumerable<(string Process, TimeSpan Longest, TimeSpan Sum)> ByProcess =>
        stalls
            .GroupBy(stall => stall.Process, StringComparer.Ordinal)
            .Select(group => (group.Key, group.Max(stall => stall.Length), TimeSpan.FromTicks(group.Sum(stall => stall.Length.Ticks))))
            .OrderByDescending(process => process.Item2);

    /// <summary>Measures for how long at least one of some processes did not run.</summary>
    /// <remarks>
    /// A request passes from process to process and is delayed when the process that has it does not run. The stalls of
    /// different processes therefore add up, and a moment at which several processes did not run counts once.
    /// </remarks>
    /// <param name="from">The start of the interval.</param>
    /// <param name="to">The end of the interval.</param>
    /// <param name="processes">The processes; <see langword="null"/> for all of them.</param>
    public TimeSpan Total(DateTimeOffset from, DateTimeOffset to, IReadOnlyCollection<string>? processes)
    {
        var total = TimeSpan.Zero;
        var covered = from;
        foreach (var stall in stalls)
        {
            if (processes?.Contains(stall.Process, StringComparer.Ordinal) == false)
                continue;
            var begin = stall.From > covered ? stall.From : covered;
            var end = stall.To < to ? stall.To : to;
            if (end <= begin)
                continue;
            total += end - begin;
            covered = end;
        }
        return total;
    }

    private static List<Stall> Subtract(Stall stall, IEnumerable<Stall> pauses)
    {
        List<Stall> left = [stall];
        foreach (var pause in pauses)
        {
            left =
            [
                .. left.SelectMany(part =>
                        new[]
                        {
                            part with
                            {
                                To = pause.From < part.To ? pause.From : part.To,
                            },
                            part with
                            {
                                From = pause.To > part.From ? pause.To : part.From,
                            },
                        }
                    )
                    .Where(part => part.Length > TimeSpan.Zero),
            ];
        }
        return left;
    }
}
