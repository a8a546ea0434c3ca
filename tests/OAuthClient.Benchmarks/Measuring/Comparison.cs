namespace OAuthClient.Benchmarks;

/// <summary>Measures a line whose contestants are compared directly with the floor.</summary>
internal static class Comparison
{
    public static async Task PrintAsync(string line, Report report, params IReadOnlyList<Contestant> contestants)
    {
        var samples = await InterleavedStopwatch.MeasureAsync(contestants);
        var floor = samples.Single(one => one.Name == Contestant.Floor);
        Report.Explain($"{line}: floor {floor.MedianNanoseconds:0} ns {floor.Bytes:0} B");
        foreach (var one in samples.Where(one => one.Name != Contestant.Floor))
        {
            Report.Explain($"{line}: {one.Name} {one.MedianNanoseconds:0} ns {one.Bytes:0} B");
            report.Ratios(line, one.Name, one.MedianRatio(floor), one.Bytes / floor.Bytes);
        }
    }
}
