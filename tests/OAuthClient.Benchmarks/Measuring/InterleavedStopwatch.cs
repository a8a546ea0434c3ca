using System.Diagnostics;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Runs all contestants of a line alternately for a millisecond each, for many rounds. A benchmark that measures one contestant after the
/// other compares two states of the machine; on a shared machine that noise exceeds the differences to be measured.
/// </summary>
internal static class InterleavedStopwatch
{
    private const int Rounds = 401;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(500);

    public static async Task<IReadOnlyList<Samples>> MeasureAsync(params IReadOnlyList<Contestant> contestants)
    {
        // Twice: code that runs often is compiled again with more optimization.
        foreach (var contestant in contestants.Concat(contestants))
            await WarmUpAsync(contestant);
        int[] counts = new int[contestants.Count];
        for (int i = 0; i < counts.Length; i++)
            counts[i] = await OperationsOfATurnAsync(contestants[i]);

        double[][] times = [.. contestants.Select(_ => new double[Rounds])];
        for (int round = 0; round < Rounds; round++)
        {
            // Each contestant is the first of a round in turn, so that none always runs after the same one.
            for (int step = 0; step < contestants.Count; step++)
            {
                int i = (round + step) % contestants.Count;
                times[i][round] = await TimeAsync(contestants[i], counts[i]);
            }
        }
        var samples = new List<Samples>();
        for (int i = 0; i < contestants.Count; i++)
            samples.Add(new(contestants[i].Name, times[i], await BytesAsync(contestants[i])));
        return samples;
    }

    private static async Task WarmUpAsync(Contestant contestant)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < WarmUp)
            await contestant.RunAsync(50);
    }

    private static async Task<int> OperationsOfATurnAsync(Contestant contestant)
    {
        double fastest = double.MaxValue;
        for (int i = 0; i < 9; i++)
            fastest = Math.Min(fastest, await TimeAsync(contestant, 100));
        return Math.Max(1, (int)(Turn.TotalNanoseconds / fastest));
    }

    private static async Task<double> TimeAsync(Contestant contestant, int count)
    {
        long start = Stopwatch.GetTimestamp();
        await contestant.RunAsync(count);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / count;
    }

    // Of all threads, because a contestant may continue on another one; the minimum of a few runs, because other code may allocate too.
    private static async Task<double> BytesAsync(Contestant contestant)
    {
        const int count = 2000;
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await contestant.RunAsync(count);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        return Math.Round(least / (double)count);
    }
}
