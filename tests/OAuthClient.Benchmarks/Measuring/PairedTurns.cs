using System.Diagnostics;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Runs a floor and ours in turn, once each, for operations that take longer than a turn of <see cref="InterleavedStopwatch"/> and can run
/// once for each row.
/// </summary>
internal static class PairedTurns
{
    private const int WarmUp = 200;

    /// <param name="rounds">The number of measured rounds. Each action is also called for as many rounds as the warm-up has.</param>
    /// <param name="floorAsync">Runs the floor for the number of a round.</param>
    /// <param name="oursAsync">Runs ours for the number of a round.</param>
    public static async Task<(Samples Floor, Samples Ours)> MeasureAsync(int rounds, Func<int, Task> floorAsync, Func<int, Task> oursAsync)
    {
        double[] floor = new double[rounds];
        double[] ours = new double[rounds];
        for (int round = 0; round < Rounds(rounds); round++)
        {
            bool isFloorFirst = round % 2 == 0;
            var first = await TimeAsync(isFloorFirst ? floorAsync : oursAsync, round);
            var second = await TimeAsync(isFloorFirst ? oursAsync : floorAsync, round);
            if (round >= WarmUp)
                (floor[round - WarmUp], ours[round - WarmUp]) = isFloorFirst ? (first, second) : (second, first);
        }
        return (new(Contestant.Floor, floor, 0), new(Contestant.Ours, ours, 0));
    }

    /// <summary>Returns the number of rounds with those of the warm-up.</summary>
    public static int Rounds(int measured) => WarmUp + measured;

    private static async Task<double> TimeAsync(Func<int, Task> actAsync, int round)
    {
        long start = Stopwatch.GetTimestamp();
        await actAsync(round);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds;
    }
}
