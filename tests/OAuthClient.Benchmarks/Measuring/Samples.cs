namespace OAuthClient.Benchmarks;

/// <summary>What one contestant took: the time of each round, in nanoseconds for one operation, and the bytes of one operation.</summary>
internal sealed record Samples(string Name, double[] Nanoseconds, double Bytes)
{
    public double MedianNanoseconds => Median(Nanoseconds);

    /// <summary>Of each round's difference: what disturbed the machine in one round disturbed both.</summary>
    public double MedianOver(Samples other) => Median(Nanoseconds.Zip(other.Nanoseconds, (mine, theirs) => mine - theirs));

    /// <summary>Of each round's ratio, for the same reason.</summary>
    public double MedianRatio(Samples other) => Median(Nanoseconds.Zip(other.Nanoseconds, (mine, theirs) => mine / theirs));

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
