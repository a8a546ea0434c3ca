using System.Globalization;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Prints the lines: those of the library at once, those of the peers at the end. Lines that begin with # are explanations.
/// </summary>
internal sealed class Report
{
    private readonly List<string> peers = [];

    public static void Explain(string text) => Console.WriteLine($"# {text}");

    /// <summary>Gets a value indicating whether the ratios of the allocated bytes are not printed.</summary>
    public bool HasTimesOnly { get; init; }

    /// <summary>Prints a line with its two ratios; less is better, and 1 is the floor.</summary>
    public void Ratios(string line, string contestant, double nanoseconds, double bytes) =>
        Values(line, contestant, HasTimesOnly ? [Text(nanoseconds)] : [Text(nanoseconds), Text(bytes)]);

    /// <summary>Prints a line with other values.</summary>
    public void Values(string line, string contestant, params IReadOnlyList<string> values)
    {
        if (contestant == Contestant.Ours)
            Console.WriteLine($"{line} {string.Join(' ', values)}");
        else
            peers.Add($"peer:{contestant} {line} {string.Join(' ', values)}");
    }

    /// <summary>Prints a line with the ratio of the floor's time to ours; more is better, and 1 is the floor.</summary>
    public static void Scale(string line, Samples floor, Samples ours)
    {
        Explain($"{line}: floor {floor.MedianNanoseconds / 1000:0} us, ours {ours.MedianNanoseconds / 1000:0} us");
        Scale(line, 1 / ours.MedianRatio(floor));
    }

    /// <summary>Prints a line with one figure.</summary>
    public static void Scale(string line, double figure) => Console.WriteLine($"{line} {Text(figure)}");

    public void PrintPeers() => peers.ForEach(Console.WriteLine);

    public static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
