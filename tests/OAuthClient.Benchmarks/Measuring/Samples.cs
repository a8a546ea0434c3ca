namespace OAuthClient.Benchmarks;

/// <summary>
/// The measurements of one contestant: the time of each round, in nanoseconds per operation, and the bytes per operation.
/// </summary>
internal sealed record Samples(string Name, double[] Nanoseconds, double Bytes)
{
    public double MedianNanoseconds => Median(Nanoseconds);

    /// <summary>
    /// Returns the median of the differences of each round: a disturbance of the machine in one round affects both contestants.
    /// </summary>
    public double MedianOver(Samples other) => Median(Nanoseconds.Zip(other.Nanoseconds, (mine, theirs) => mine - theirs));

    /// <summary>Returns the median of the ratios of each round, for the same reason.</summary>
    public double MedianRatio(Samples other) => Median(Nanoseconds.Zip(other.Nanoseconds, (mine, theirs) => mine / theirs));

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
